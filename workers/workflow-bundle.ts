import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { bundleWorkflowCode, type BundleOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { compiledModule, packageRoot } from '../engine/threads.js';
import { MillraceError } from '../schemas/index.js';

/** The bundle that `npm run build` makes of Millrace’s own workflows. */
export const PREBUILT_BUNDLE = join(packageRoot(__filename), 'dist', 'workflow-bundle.js');

/**
 * The workflows of a worker: the prebuilt bundle, or, for a project with workflows of its own, one of both together.
 * @param own module of the project’s workflows, absolute
 */
export async function workflowBundle(own?: string): Promise<WorkflowBundleOption> {
  if (own === undefined && existsSync(PREBUILT_BUNDLE)) return { codePath: PREBUILT_BUNDLE };
  return bundleWorkflows(own);
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

const SCHEMAS = compiledModule(__filename, '../schemas/index');

/**
 * The schemas are made once a worker thread, not once an execution, where they took ten times as long as all else together,
 * and were in memory as often as executions are. They keep no state but what zod derives from them, which is always the same.
 */
const SHARED = {
  preloadModules: [compiledModule(__filename, '../workflows/stack-depth'), SCHEMAS],
} satisfies Partial<BundleOptions>;

function withShared(config: WebpackConfig): WebpackConfig {
  const use = compiledModule(__filename, './freeze-exports');
  const zod = dirname(require.resolve('zod/package.json'));
  // A project’s own workflows may import the ES modules of zod; those are not shared.
  const rules = [
    { use, include: dirname(SCHEMAS) },
    { use, include: zod, test: /\.cjs$/ },
  ];
  return { ...config, module: { ...config.module, rules: [...(config.module?.rules ?? []), ...rules] } };
}

/** Bundles Millrace’s workflows, and those of a project if it has any. */
export async function bundleWorkflows(own?: string): Promise<{ code: string }> {
  const registered = compiledModule(__filename, '../workflows/registered');
  if (own === undefined) {
    return bundleWorkflowCode({ ...SHARED, workflowsPath: registered, logger: quiet, webpackConfigHook: withShared });
  }
  if (!existsSync(own)) throw new MillraceError('CONFIG_INVALID', `workflows: there is no ${own}`);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bundle-'));
  const complaints: string[] = [];
  try {
    const entry = join(folder, 'workflows.js');
    await writeFile(entry, entryOf(registered, own));
    return await bundleWorkflowCode({
      ...SHARED,
      workflowsPath: entry,
      logger: { ...quiet, error: (message) => complaints.push(message) },
      // The entry lies outside of every package: it finds Temporal’s where this one finds it.
      webpackConfigHook: (config) => ({
        ...withShared(config),
        resolve: { ...config.resolve, modules: ['node_modules', temporalModules()] },
      }),
    });
  } catch (error) {
    const reason = complaints.length > 0 ? complaints.join('\n') : String(error);
    throw new MillraceError('CONFIG_INVALID', `workflows: ${own} cannot be bundled: ${reason}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both together; for a type that neither has, the project may have a default of its own. */
function entryOf(registered: string, own: string): string {
  const [ours, theirs] = [JSON.stringify(registered), JSON.stringify(own)];
  return [
    `import * as ours from ${ours};`,
    `import * as theirs from ${theirs};`,
    `export * from ${ours};`,
    `export * from ${theirs};`,
    // Not by name: a bundler warns of a name that is not there.
    `export default Reflect.get(theirs, 'default') ?? Reflect.get(ours, 'default');`,
  ].join('\n');
}

/** The `node_modules` folder that has the Temporal SDK. */
function temporalModules(): string {
  const file = require.resolve('@temporalio/workflow');
  const scope = `${sep}@temporalio${sep}`;
  return file.slice(0, file.lastIndexOf(scope));
}

const nothing = () => undefined;
/** Webpack’s statistics are of no use to anybody who starts a worker; its errors are thrown. */
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
