import { lastCompletePartition, withKeys } from '../engine/datasets/index.js';
import { deadlinesAround, judgeDeadline, type DeadlineAlert } from '../engine/deadlines/index.js';
import {
  ALERT_SEVERITIES,
  isMillraceError,
  runWorkflowId,
  type Alert,
  type Deadline,
  type Pipeline,
  type RunSummary,
} from '../schemas/index.js';
import { createForecast } from './deadline-forecast.js';
import type { ActivityDependencies } from './dependencies.js';
import { setRunPriority } from './run-priority.js';
import { notYet, sometime } from './wait-by-retry.js';

/** A deadline that passed longer ago than this is left alone: nobody was watching. */
const LATEST_MS = 6 * 3_600_000;
const HIGHEST_PRIORITY = 1;

/** What deadlines ask of the world. */
export function createDeadlineActivities({
  config,
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'config' | 'lineage' | 'temporal'>) {
  const expectedEnd = createForecast({ lineage, temporal });
  const raised = new Set<string>();
  return {
    /** Judges every deadline and every dataset, and puts on record what somebody should know; looks again and again. */
    async watchDeadlines(): Promise<{ watching: boolean }> {
      return sometime(async () => {
        const pipelines = config.pipelines.filter(({ deadline }) => deadline !== undefined);
        const datasets = Object.entries(config.freshness);
        if (pipelines.length + datasets.length === 0) return { watching: false };
        // What cannot be looked at is told by the attempt, and keeps nobody from hearing of the others.
        const failures: unknown[] = [];
        const failed = (error: unknown) => failures.push(error);
        for (const pipeline of pipelines)
          if (pipeline.deadline) await watchPipeline(pipeline, pipeline.deadline).catch(failed);
        for (const [dataset, { maxAgeSeconds }] of datasets)
          await watchDataset(dataset, maxAgeSeconds * 1000).catch(failed);
        if (failures.length > 0) throw failures[0];
        throw notYet('looked at deadlines');
      });
    },
  };

  async function watchPipeline(pipeline: Pipeline, deadline: Deadline): Promise<void> {
    const now = Date.now();
    const { last, next } = deadlinesAround(deadline, now);
    for (const time of now - last <= LATEST_MS ? [last, next] : [next]) {
      const partition = completeBy(pipeline, time);
      if (partition === null) continue;
      // What is not cut by time has to run each day.
      const since = pipeline.partitions.kind === 'none' ? time - DAY_MS : 0;
      const runs = await lineage.runs({ pipeline: pipeline.name, partition, limit: 100 });
      const own = runs.filter((run) => Date.parse(run.startedAt) > since);
      const succeeded = own.findLast(({ verdict }) => verdict === 'succeeded')?.finishedAt ?? null;
      const running = own[0] !== undefined && own[0].verdict === null;
      const verdict = judgeDeadline({
        ...{ pipeline: pipeline.name, partition, deadline: time, timezone: deadline.timezone, now, running },
        succeededAt: succeeded === null ? null : Date.parse(succeeded),
        expectedEnd: succeeded === null && time > now ? await expectedEnd(pipeline, partition, running, now) : null,
      });
      if (verdict === null) continue;
      await raise(`deadline/${pipeline.name}/${time}`, verdict, { pipeline: pipeline.name, partition, run: own[0] });
      if (deadline.raisePriority && running) await raisePriority(runWorkflowId(pipeline.name, partition), time);
    }
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

/** The partition that has to have run by a time; null before the first is complete. */
function completeBy({ partitions }: Pipeline, time: number): string | null {
  try {
    return lastCompletePartition(withKeys(partitions), new Date(time));
  } catch (error) {
    if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return null;
    throw error;
  }
}
