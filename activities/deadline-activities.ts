import { lastCompletePartition, withKeys } from '../engine/datasets/index.js';
import {
  deadlinesAround,
  forecastEnd,
  judgeDeadline,
  type DeadlineAlert,
  type ForecastStep,
} from '../engine/deadlines/index.js';
import { freezePipeline } from '../engine/pipelines/index.js';
import {
  ALERT_SEVERITIES,
  isMillraceError,
  runProgressSchema,
  runWorkflowId,
  stepDependencies,
  type Alert,
  type Deadline,
  type FrozenPipeline,
  type Pipeline,
  type RunSummary,
} from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';
import { setRunPriority } from './run-priority.js';
import { notYet, sometime } from './wait-by-retry.js';

/** Runs from which durations are taken. */
const HISTORY_RUNS = 20;
/** How long durations are kept before they are read again. */
const HISTORY_MS = 300_000;
/** A deadline that passed longer ago than this is left alone: nobody was watching. */
const LATEST_MS = 6 * 3_600_000;
const HIGHEST_PRIORITY = 1;

type Durations = Record<string, number[]>;

/** What deadlines ask of the world. */
export function createDeadlineActivities({
  config,
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'config' | 'lineage' | 'temporal'>) {
  const durations = new Map<string, { at: number; read: Durations }>();
  const raised = new Set<string>();
  return {
    /** Judges every deadline and every dataset, and puts on record what somebody should know; looks again and again. */
    async watchDeadlines(): Promise<{ watching: boolean }> {
      return sometime(async () => {
        const pipelines = config.pipelines.filter(({ deadline }) => deadline !== undefined);
        const datasets = Object.entries(config.freshness);
        if (pipelines.length + datasets.length === 0) return { watching: false };
        for (const pipeline of pipelines) if (pipeline.deadline) await watchPipeline(pipeline, pipeline.deadline);
        for (const [dataset, { maxAgeSeconds }] of datasets) await watchDataset(dataset, maxAgeSeconds * 1000);
        throw notYet('looked at deadlines');
      });
    },
  };

  async function watchPipeline(pipeline: Pipeline, deadline: Deadline): Promise<void> {
    const now = Date.now();
    const { last, next } = deadlinesAround(deadline, now);
    const runs = await lineage.runs({ pipeline: pipeline.name, limit: 100 });
    for (const time of now - last <= LATEST_MS ? [last, next] : [next]) {
      const partition = lastCompletePartition(withKeys(pipeline.partitions), new Date(time));
      // What is not cut by time has to run each day.
      const since = pipeline.partitions.kind === 'none' ? time - DAY_MS : 0;
      const own = runs.filter((run) => run.partition === partition && Date.parse(run.startedAt) > since);
      const succeeded = own.findLast(({ verdict }) => verdict === 'succeeded')?.finishedAt ?? null;
      const running = own[0] !== undefined && own[0].verdict === null;
      const verdict = judgeDeadline({
        ...{ pipeline: pipeline.name, partition, deadline: time, timezone: deadline.timezone, now, running },
        succeededAt: succeeded === null ? null : Date.parse(succeeded),
        expectedEnd: succeeded === null ? await expectedEnd(pipeline, partition, running, runs, now) : null,
      });
      if (verdict === null) continue;
      await raise(`deadline/${pipeline.name}/${time}`, verdict, { pipeline: pipeline.name, partition, run: own[0] });
      if (deadline.raisePriority && running) await raisePriority(runWorkflowId(pipeline.name, partition), time);
    }
  }

  async function expectedEnd(
    pipeline: Pipeline,
    partition: string,
    running: boolean,
    runs: readonly RunSummary[],
    now: number,
  ): Promise<number | null> {
    const steps = stepsOf(pipeline);
    if (steps === null) return null;
    const states = running ? await progressOf(runWorkflowId(pipeline.name, partition)) : pending(Object.keys(steps));
    return forecastEnd(states, stepDependencies(steps), await durationsOf(pipeline.name, runs), now);
  }

  async function progressOf(workflowId: string): Promise<ForecastStep[]> {
    return runProgressSchema.parse(await temporal.workflow.getHandle(workflowId).query('progress')).steps;
  }

  /** Durations by step, in the last runs that succeeded. */
  async function durationsOf(pipeline: string, runs: readonly RunSummary[]): Promise<Durations> {
    const kept = durations.get(pipeline);
    if (kept !== undefined && Date.now() - kept.at < HISTORY_MS) return kept.read;
    const read: Durations = {};
    for (const { runId } of runs.filter(({ verdict }) => verdict === 'succeeded').slice(0, HISTORY_RUNS)) {
      for (const { step, startedAt, finishedAt, status } of (await lineage.run(runId)).steps) {
        if (startedAt === null || status !== 'succeeded') continue;
        read[step] = [...(read[step] ?? []), Date.parse(finishedAt) - Date.parse(startedAt)];
      }
    }
    durations.set(pipeline, { at: Date.now(), read });
    return read;
  }

  async function watchDataset(dataset: string, maxAgeMs: number): Promise<void> {
    const [version] = await lineage.datasetVersions(dataset, { published: true, limit: 1 });
    const newest = version?.writtenAt;
    if (newest === undefined || Date.now() - Date.parse(newest) <= maxAgeMs) return;
    const title = `${dataset} is older than it may be`;
    const message = `its newest version that can be read is of ${newest}, and may be ${maxAgeMs / 1000} s old`;
    await raise(`late/${dataset}/${newest}`, { event: 'dataset_late', title, message }, {});
  }

  /** Puts an alert on record, once. */
  async function raise(
    key: string,
    { event, title, message }: DeadlineAlert | Pick<Alert, 'event' | 'title' | 'message'>,
    {
      pipeline = null,
      partition = null,
      run,
    }: { pipeline?: string | null; partition?: string | null; run?: RunSummary | undefined },
  ): Promise<void> {
    const recordKey = `${key}/${event}`;
    if (raised.has(recordKey)) return;
    const about = { pipeline, partition, workflowId: run?.workflowId ?? null, runId: run?.runId ?? null };
    const alert = { event, severity: ALERT_SEVERITIES[event], key, title, message, ...about };
    try {
      await lineage.record([{ kind: 'alert_raised', key: recordKey, at: new Date().toISOString(), alert }]);
    } catch (error) {
      // Raised already, by another worker or before this one started, when the forecast was another.
      if (!isMillraceError(error) || error.code !== 'LINEAGE_CONFLICT') throw error;
    }
    raised.add(recordKey);
  }

  /** What the run waits for in a queue, and what is still to come, goes before others. */
  async function raisePriority(workflowId: string, deadline: number): Promise<void> {
    const key = `priority/${workflowId}/${deadline}`;
    if (raised.has(key)) return;
    await setRunPriority(temporal, workflowId, HIGHEST_PRIORITY);
    raised.add(key);
  }
}

const DAY_MS = 86_400_000;

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
