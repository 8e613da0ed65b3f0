import { forecastEnd, type ForecastStep } from '../engine/deadlines/index.js';
import { freezePipeline } from '../engine/pipelines/index.js';
import {
  isMillraceError,
  runProgressSchema,
  runWorkflowId,
  stepDependencies,
  type FrozenPipeline,
  type Pipeline,
} from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';

/** Runs from which durations are taken. */
const HISTORY_RUNS = 20;
/** How long durations are kept before they are read again. */
const HISTORY_MS = 300_000;

type Durations = Record<string, number[]>;

/** When a run is expected to end, in milliseconds since 1970, from how long its steps took before and how far it is; null if nobody can tell. */
export function createForecast({ lineage, temporal }: Pick<ActivityDependencies, 'lineage' | 'temporal'>) {
  const durations = new Map<string, { at: number; read: Durations }>();

  return async function expectedEnd(
    pipeline: Pipeline,
    partition: string,
    running: boolean,
    now: number,
  ): Promise<number | null> {
    const steps = stepsOf(pipeline);
    if (steps === null) return null;
    const states = running ? await progressOf(runWorkflowId(pipeline.name, partition)) : pending(Object.keys(steps));
    return forecastEnd(states, stepDependencies(steps), await durationsOf(pipeline.name), now);
  };

  async function progressOf(workflowId: string): Promise<ForecastStep[]> {
    return runProgressSchema.parse(await temporal.workflow.getHandle(workflowId).query('progress')).steps;
  }

  /** Durations by step, in the last runs that succeeded. */
  async function durationsOf(pipeline: string): Promise<Durations> {
    const kept = durations.get(pipeline);
    if (kept !== undefined && Date.now() - kept.at < HISTORY_MS) return kept.read;
    const read: Durations = {};
    const runs = await lineage.runs({ pipeline, limit: 100 });
    for (const { runId } of runs.filter(({ verdict }) => verdict === 'succeeded').slice(0, HISTORY_RUNS)) {
      for (const { step, startedAt, finishedAt, status } of (await lineage.run(runId)).steps) {
        if (startedAt === null || status !== 'succeeded') continue;
        read[step] = [...(read[step] ?? []), Date.parse(finishedAt) - Date.parse(startedAt)];
      }
    }
    if (Object.keys(read).length > 0) durations.set(pipeline, { at: Date.now(), read });
    return read;
  }
}

/** Steps as the schedule runs them; null where parameters are left that only whoever starts a run can give. */
function stepsOf(pipeline: Pipeline): FrozenPipeline['steps'] | null {
  try {
    return freezePipeline(pipeline, pipeline.schedule?.params ?? {}).steps;
  } catch (error) {
    if (isMillraceError(error)) return null;
    throw error;
  }
}

function pending(steps: string[]) {
  return steps.map((step) => ({ step, status: 'pending' as const, startedAt: null, durationMs: null }));
}
