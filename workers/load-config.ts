import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { boundsProblems } from '../engine/datasets/index.js';
import { freezePipeline, putParametersIn } from '../engine/pipelines/index.js';
import { validateSuite } from '../engine/quality/index.js';
import {
  cacheProblems,
  configSchema,
  groupNamed,
  formatPath,
  MillraceError,
  isMillraceError,
  parseWith,
  problemsText,
  hint,
  parameterFields,
  parameterProblems,
  stepProblems,
  type MillraceConfig,
  type Pipeline,
  type Step,
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
    throw new MillraceError('CONFIG_INVALID', `${path}: ${problemsText(problems)}`, { problems });
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
    const duplicate =
      names.indexOf(pipeline.name) === index
        ? []
        : [{ path: 'name', message: `"${pipeline.name}" is the name of another pipeline` }];
    return [...duplicate, ...pipelineProblems(pipeline, config)].map((problem) => ({
      ...problem,
      path: `${formatPath(['pipelines', index])}.${problem.path}`,
    }));
  });
}

function pipelineProblems(pipeline: Pipeline, config: MillraceConfig): Problem[] {
  const unknown = parameterProblems(pipeline);
  if (unknown.length > 0) return unknown;
  const inSteps = stepsProblems(pipeline, config);
  return [
    ...inSteps,
    ...triggerProblems(pipeline),
    // What is wrong with the steps themselves would be told a second time.
    ...(inSteps.length === 0 ? scheduleProblems(pipeline) : []),
    ...boundsProblems(pipeline.partitions).map(({ path, message }) => ({ path: `partitions.${path}`, message })),
  ];
}

/** What is wrong with the steps, but for fields whose value each run has to give: those are judged when it starts. */
function stepsProblems(pipeline: Pipeline, { activities, pools, groups }: MillraceConfig): Problem[] {
  const samples = sampleParameters(pipeline);
  const givenByRuns = new Set(parameterFields(pipeline, Object.keys(samples)));
  const judged = (problems: readonly Problem[]) => problems.filter(({ path }) => !givenByRuns.has(path));
  try {
    const { steps } = putParametersIn(pipeline, samples);
    return judged([
      ...stepProblems(steps),
      ...cacheProblems(steps, pipeline),
      ...poolProblems(steps, Object.keys(pools)),
      ...groupProblems(steps, Object.keys(groups)),
      ...Object.entries(steps).flatMap(([name, step]) => roomProblems(name, step, activities)),
    ]);
  } catch (error) {
    if (isMillraceError(error)) return judged(error.problems);
    throw error;
  }
}

/** Parameters that triggers give and the pipeline does not declare. */
function triggerProblems({ triggers, params, partitions }: Pipeline): Problem[] {
  const declared = Object.keys(params);
  return triggers.flatMap((trigger, index) => {
    if (trigger.on === 'file' && trigger.path.includes('{partition}') && partitions.kind === 'none') {
      const message = 'has {partition}, and the pipeline has no partitions; write "*" instead, or give it partitions';
      return [{ path: formatPath(['triggers', index, 'path']), message }];
    }
    const given = { params: trigger.params, ...(trigger.on === 'webhook' && { paramFields: trigger.paramFields }) };
    return Object.entries(given).flatMap(([field, values]) =>
      Object.keys(values)
        .filter((name) => !declared.includes(name))
        .map((name) => ({
          path: formatPath(['triggers', index, field, name]),
          message: `there is no parameter "${name}"${hint(name, declared)}`,
        })),
    );
  });
}

/** Values of parameters that each firing would be refused for. */
function scheduleProblems(pipeline: Pipeline): Problem[] {
  if (pipeline.schedule === undefined) return [];
  try {
    freezePipeline(pipeline, pipeline.schedule.params);
    return [];
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return error.problems.map(({ path, message }) =>
      path.startsWith('params')
        ? { path: `schedule.${path}`, message }
        : { path: 'schedule.params', message: `${path} ${message}` },
    );
  }
}

function poolProblems(steps: Record<string, Step>, pools: string[]): Problem[] {
  return Object.entries(steps).flatMap(([name, step]) => {
    const pool = 'pool' in step ? step.pool : undefined;
    return pool === undefined || pools.includes(pool)
      ? []
      : [{ path: `steps.${name}.pool`, message: `there is no pool "${pool}"${hint(pool, pools)}` }];
  });
}

/** Groups that nobody belongs to: their step would wait for ever. */
function groupProblems(steps: Record<string, Step>, groups: string[]): Problem[] {
  return Object.entries(steps).flatMap(([name, step]) =>
    (step.type === 'approve' ? (step.allowed ?? []) : []).flatMap((allowed, index): Problem[] => {
      const group = groupNamed(allowed);
      if (group === undefined || groups.includes(group)) return [];
      return [
        { path: `steps.${name}.allowed[${index}]`, message: `there is no group "${group}"${hint(group, groups)}` },
      ];
    }),
  );
}

/** What only another room can judge: suites and activities. */
function roomProblems(name: string, step: Step, activities: MillraceConfig['activities']): Problem[] {
  if (step.type === 'check') {
    return validateSuite(step.suite).map((problem) => ({ ...problem, path: `steps.${name}.suite.${problem.path}` }));
  }
  if (step.type === 'activity' && !(step.activity in activities)) {
    const there = hint(step.activity, Object.keys(activities));
    return [{ path: `steps.${name}.activity`, message: `there is no activity "${step.activity}"${there}` }];
  }
  return [];
}

/** Values for parameters without a default, so that the steps can be judged before any run. */
function sampleParameters({ params }: Pipeline): Record<string, string | number | boolean> {
  const samples = { string: 'sample', number: 1, boolean: true };
  const required = Object.entries(params).filter(([, parameter]) => parameter.default === undefined);
  return Object.fromEntries(required.map(([name, { type }]) => [name, samples[type]]));
}
