import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { validateSuite } from '../engine/quality/index.js';
import {
  configSchema,
  formatPath,
  MillraceError,
  isMillraceError,
  parseWith,
  pipelineProblems,
  type MillraceConfig,
  type Problem,
} from '../schemas/index.js';

const FILE_NAMES = ['millrace.config.ts', 'millrace.config.mts', 'millrace.config.js', 'millrace.config.mjs'];

/** A configuration, checked, and the folder that its relative paths start at. */
export interface LoadedConfig {
  config: MillraceConfig;
  projectDir: string;
  file: string;
}

/**
 * Loads millrace.config.ts: the one in `cwd`, or the one that is named.
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID with every problem by path
 */
export async function loadConfig({ cwd, file }: { cwd: string; file?: string }): Promise<LoadedConfig> {
  const path = file === undefined ? findConfig(cwd) : resolve(cwd, file);
  if (path === undefined || !existsSync(path)) {
    throw new MillraceError('CONFIG_NOT_FOUND', `there is no ${file ?? FILE_NAMES[0]} in ${cwd}`);
  }
  const config = parseWith(configSchema, await importDefault(path), path, 'CONFIG_INVALID');
  const problems = configProblems(config);
  if (problems.length > 0) {
    const text = problems.map((problem) => `${problem.path} ${problem.message}`).join('; ');
    throw new MillraceError('CONFIG_INVALID', `${path}: ${text}`, { problems });
  }
  return { config, projectDir: dirname(path), file: path };
}

function findConfig(cwd: string): string | undefined {
  return FILE_NAMES.map((name) => join(cwd, name)).find((path) => existsSync(path));
}

async function importDefault(path: string): Promise<unknown> {
  try {
    // A configuration is TypeScript as its author writes it, without a build of its own.
    return await createJiti(__filename, { moduleCache: false }).import(path, { default: true });
  } catch (error) {
    if (isMillraceError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError('CONFIG_INVALID', `${path} could not be loaded: ${message}`, { cause: error });
  }
}

/** What the schema of the configuration cannot say. */
function configProblems(config: MillraceConfig): Problem[] {
  const names = config.pipelines.map((pipeline) => pipeline.name);
  return config.pipelines.flatMap((pipeline, index) => {
    const at = (problem: Problem): Problem => ({
      ...problem,
      path: `${formatPath(['pipelines', index])}.${problem.path}`,
    });
    const duplicate =
      names.indexOf(pipeline.name) === index
        ? []
        : [{ path: 'name', message: `"${pipeline.name}" is the name of another pipeline` }];
    const steps = Object.entries(pipeline.steps).flatMap(([name, step]): Problem[] => {
      if (step.type === 'check') {
        return validateSuite(step.suite).map((problem) => ({
          ...problem,
          path: `steps.${name}.suite.${problem.path}`,
        }));
      }
      if (step.type === 'activity' && !(step.activity in config.activities)) {
        return [{ path: `steps.${name}.activity`, message: `there is no activity "${step.activity}" in activities` }];
      }
      return [];
    });
    return [...duplicate, ...pipelineProblems(pipeline), ...steps].map(at);
  });
}
