import type { createRunActivities } from '../activities/index.js';
import {
  datasetInputs,
  runWorkflowId,
  type DatasetInput,
  type DatasetVersionRef,
  type ResolvedPartition,
  type Step,
} from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { failure, summarizeFailure } from './failures.js';
import { joinRun } from './join-run.js';
import { proxyLocal } from './local-activities.js';
import { showProgress, type Run } from './run.js';

const local = proxyLocal<ReturnType<typeof createRunActivities>>(QUICK);

/** Missing partitions that are built at once. */
const BUILDS_AT_ONCE = 4;

/** Versions by `STEP.INPUT`. */
export type FrozenInputs = Record<string, DatasetVersionRef[]>;

/**
 * Resolves every committed dataset that the steps read to versions, once, before the first step. Missing partitions
 * are built first where the input says so.
 * @throws WINDOW_INCOMPLETE naming the partitions that are not there; DATA_TAINTED if one of them was recalled and the
 * run was not forced
 */
export async function freezeInputs(run: Run, steps: Record<string, Step>): Promise<FrozenInputs> {
  const inputs = datasetInputs(steps);
  if (Object.keys(inputs).length === 0) return {};
  const about = { partitions: run.partitions, partition: run.window.key, inputs };
  run.phase = 'resolving inputs';
  let resolved = await local.resolveInputs(about);
  const builds = missingRuns(inputs, resolved);
  if (builds.length > 0) {
    const failures = await buildAll(run, builds);
    resolved = await local.resolveInputs(about);
    return versionsOf(inputs, resolved, failures, run.force != null);
  }
  return versionsOf(inputs, resolved, new Map(), run.force != null);
}

interface Build {
  pipeline: string;
  partition: string;
}

function missingRuns(inputs: Record<string, DatasetInput>, resolved: Record<string, ResolvedPartition[]>): Build[] {
  const builds = new Map<string, Build>();
  for (const [key, { window }] of Object.entries(inputs)) {
    if (window?.missing !== 'build' || window.pipeline === undefined) continue;
    for (const { partition, state } of resolved[key] ?? []) {
      const build = { pipeline: window.pipeline, partition };
      if (state === 'missing') builds.set(runWorkflowId(build.pipeline, partition), build);
    }
  }
  return [...builds.values()];
}

/** Builds a few at a time; what could not be built is left to the window’s minimum to judge. */
async function buildAll(run: Run, builds: readonly Build[]): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const queue = [...builds];
  let done = 0;
  const builder = async () => {
    for (let build = queue.shift(); build !== undefined; build = queue.shift()) {
      const { pipeline, partition } = build;
      try {
        await joinRun(runWorkflowId(pipeline, partition), {
          pipeline,
          partition,
          requestedBy: `run ${run.workflowId}`,
        });
      } catch (error) {
        const { code, message } = summarizeFailure(error);
        if (code === 'CANCELLED' || code === 'PIPELINE_UNKNOWN') throw error;
        failures.set(partition, `${code}: ${message}`);
      }
      run.phase = `building missing partitions, ${++done} of ${builds.length}`;
      showProgress(run);
    }
  };
  run.phase = `building missing partitions, 0 of ${builds.length}`;
  showProgress(run);
  await Promise.all(Array.from({ length: Math.min(BUILDS_AT_ONCE, builds.length) }, builder));
  return failures;
}

function versionsOf(
  inputs: Record<string, DatasetInput>,
  resolved: Record<string, ResolvedPartition[]>,
  failures: Map<string, string>,
  forced: boolean,
): FrozenInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, { dataset, window }]) => {
      const partitions = resolved[key] ?? [];
      const readable = partitions.filter(({ ref, state }) => ref !== null && (forced || state !== 'tainted'));
      const refs = readable.flatMap(({ ref }) => ref ?? []);
      const wanted = window?.last ?? Math.max(1, partitions.length);
      const minimum = window?.minimum ?? (window?.missing === 'skip' ? 1 : wanted);
      if (refs.length >= minimum) return [key, refs];
      const absent = partitions
        .filter((one) => !readable.includes(one))
        .map(({ partition, state, taint }) => {
          const why = taint ?? failures.get(partition);
          return `${partition} ${state}${why === undefined ? '' : ` (${why})`}`;
        });
      const shown = [...absent.slice(0, 5), ...(absent.length > 5 ? [`and ${absent.length - 5} more`] : [])].join(', ');
      throw failure(
        partitions.some(({ state }) => state === 'tainted') ? 'DATA_TAINTED' : 'WINDOW_INCOMPLETE',
        `${key} needs at least ${minimum} of ${wanted} partitions of ${dataset}, ${refs.length} are there${shown === '' ? '' : `; ${shown}`}`,
      );
    }),
  );
}
