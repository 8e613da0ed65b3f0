import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** What each room may import; everything else between rooms is an error. The arrows of docs/architecture.md. */
const ROOMS = [
  'schemas',
  'workflows',
  'activities',
  'engine',
  'workers',
  'client',
  'cli',
  'pipelines',
  'bench',
  'test',
];
const ARROWS = {
  schemas: [],
  workflows: ['schemas'],
  activities: ['schemas', 'engine'],
  engine: ['schemas'],
  workers: ['schemas', 'engine', 'activities', 'workflows'],
  client: ['schemas'],
  cli: ['schemas', 'client', 'workers', 'engine'],
  // Pipelines are a project like anybody’s own: they import the package by its name.
  pipelines: [],
};

/** Packages that a room may use, besides what its job needs: these two rooms must stay small. */
const ONLY_PACKAGES = {
  schemas: '^zod$',
  client: '^@temporalio/(client|common|envconfig)$',
};

const zones = Object.entries(ARROWS).map(([room, allowed]) => ({
  target: `./${room}`,
  from: ROOMS.filter((other) => other !== room && !allowed.includes(other)).map((other) => `./${other}`),
  message: `${room}/ may import ${['itself', ...allowed].join(', ')} only`,
}));
// Workflows know activities as types only: type imports are exempt below, in a rule of their own.
const workflowZone = zones.find((zone) => zone.target === './workflows');
workflowZone.from = workflowZone.from.filter((from) => from !== './activities');

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.millrace/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      'no-console': 'error',
    },
  },
  ...Object.entries(ONLY_PACKAGES).map(([room, pattern]) => ({
    files: [`${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: `^(?!\\.)(?!${pattern.slice(1, -1)}$)`, message: `${room}/ may use ${pattern} only` }] },
      ],
    },
  })),
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^\\.\\./activities/', allowTypeImports: true, message: 'import activities as types only' },
            {
              regex: '^(?!\\.)(?!@temporalio/(workflow|common)$)(?!zod$)',
              message: 'workflows are deterministic: @temporalio/workflow, @temporalio/common and zod only',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['engine/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@temporalio/*'], message: 'the engine knows nothing of Temporal' }] },
      ],
    },
  },
  // Activities and workflows are functions of a factory’s object; none of them uses `this`.
  { files: ['activities/**/*.ts', 'workflows/**/*.ts'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  { files: ['cli/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { module: 'writable', process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
