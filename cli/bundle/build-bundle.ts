import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { minify } from '@swc/core';
import webpack from 'webpack';
import { compiledModule, packageRoot } from '../../engine/threads.js';
import { BUNDLE } from './load-bundle.js';

const DIST = join(packageRoot(__filename), 'dist');
const ZOD_LOCALES = join(dirname(require.resolve('zod')), 'v4', 'locales');

/**
 * Packages that become part of the bundle, and what they import. Others stay outside: native ones, and those that few calls need.
 */
const BUNDLED = new Set([
  '@stdlib',
  'apache-arrow',
  'commander',
  'flatbuffers',
  'luxon',
  're2js',
  'tslib',
  'zod',
  'zstddec',
]);

/** `npm run build` ends here: the bundle of the commands that need nothing that runs, and the licences of what is in it. */
async function main(): Promise<void> {
  const unminified = join(DIST, 'command-bundle.unminified.js');
  const modules = await bundleInto(unminified);
  const code = await readFile(unminified, 'utf8');
  await rm(unminified);
  // Names stay, for stack traces. ASCII, since it is read without decoding.
  const { code: short } = await minify(code, {
    compress: false,
    mangle: false,
    format: { comments: false, asciiOnly: true },
  });
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${short}\n})`;
  const digest = createHash('sha256').update(wrapped).digest('hex').slice(0, 16);
  await writeFile(BUNDLE, `//${digest}\n${wrapped}\n`);
  await writeFile(BUNDLE.replace(/\.js$/, '.LICENSES.txt'), await licencesOf(modules));
}

/** @returns the paths of the modules in it */
async function bundleInto(file: string): Promise<string[]> {
  const compiler = webpack({
    mode: 'none',
    target: 'node20.3',
    context: DIST,
    entry: compiledModule(__filename, './bundled-commands'),
    output: { path: dirname(file), filename: basename(file), library: { type: 'commonjs2' }, asyncChunks: false },
    externals: ({ request = '' }, decide) => {
      const [scope = ''] = request.split('/');
      const isInside = /^[./]/.test(request) || BUNDLED.has(scope);
      if (isInside) decide();
      else decide(undefined, `commonjs ${request}`);
    },
    resolve: {
      // Zod loads the messages of fifty languages, of which it then speaks English.
      alias: { [join(ZOD_LOCALES, 'index.cjs')]: join(ZOD_LOCALES, 'en.cjs') },
    },
    node: { __dirname: false, __filename: false },
    plugins: [
      // Modules find threads, and the package, from where they were.
      new webpack.DefinePlugin({
        __filename: webpack.DefinePlugin.runtimeValue(({ module }) => {
          const from = relative(DIST, module.resource).split(sep);
          return `require("node:path").join(__dirname, ...${JSON.stringify(from)})`;
        }),
      }),
    ],
  });
  const stats = await new Promise<webpack.Stats>((resolve, reject) => {
    compiler.run((error, outcome) => {
      if (outcome === undefined || error) reject(error ?? new Error('webpack gave no outcome'));
      else resolve(outcome);
    });
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'));
  return [...stats.compilation.modules].flatMap((module) => module.nameForCondition() ?? []);
}

/** The licences of the packages of which there are modules; each text once, under those that have it. */
async function licencesOf(modules: readonly string[]): Promise<string> {
  const folders = new Set(modules.filter((path) => path.includes(`${sep}node_modules${sep}`)).map(packageRootOf));
  const packagesOf = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const text = texts.map((part) => part.trim()).join('\n\n');
    packagesOf.set(text, [...(packagesOf.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...packagesOf].map(([text, packages]) => `${packages.join('\n')}\n\n${text}`);
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

interface Manifest {
  name: string;
  version: string;
  license: string;
}

/** Folder of the package that a module is of: packages may have further manifests in their folders. */
function packageRootOf(module: string): string {
  const [, root] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(module.split(sep).join('/'))!;
  return root!;
}

void main();
