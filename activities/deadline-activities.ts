import { wholeSet } from '../engine/datasets/index.js';
import { deadlinesAround, judgeDeadline } from '../engine/deadlines/index.js';
import { closedPartitions, knownPartitions } from '../engine/pipelines/index.js';
import { isMillraceError, runWorkflowId, type Deadline, type Partitions, type Pipeline } from '../schemas/index.js';
import { createForecast } from './deadline-forecast.js';
import { createDeadlineNotices, type Late } from './deadline-notices.js';
import type { ActivityDependencies } from './dependencies.js';
import { notYet, sometime } from './wait-by-retry.js';

/** A deadline that passed longer ago than this is left alone: nobody was watching. */
const LATEST_MS = 6 * 3_600_000;

/** What is known of a deadline: partitions that need no further look, and those of which it was told that they are at risk. */
interface Watched {
  judged: Set<string>;
  warned: Set<string>;
}

/** What deadlines ask of the world. */
export function createDeadlineActivities({
  config,
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'config' | 'lineage' | 'temporal'>) {
  const expectedEnd = createForecast({ lineage, temporal });
  const notices = createDeadlineNotices({ lineage, temporal });
  const watched = new Map<string, Map<number, Watched>>();
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
    const times = now - last <= LATEST_MS ? [last, next] : [next];
    const before = watched.get(pipeline.name);
    const known = new Map<number, Watched>();
    for (const time of times) known.set(time, before?.get(time) ?? { judged: new Set(), warned: new Set() });
    watched.set(pipeline.name, known);
    const partitions = await knownPartitions(lineage.partitionSets, pipeline.partitions);
    for (const [time, one] of known) await watchDeadline(pipeline, deadline, partitions, { time, now, ...one });
  }

  async function watchDeadline(
    pipeline: Pipeline,
    deadline: Deadline,
    partitions: Partitions,
    { time, now, judged, warned }: Watched & { time: number; now: number },
  ): Promise<void> {
    const due = completeBy(partitions, time).filter((partition) => !judged.has(partition));
    if (due.length === 0) return;
    const begun = new Set((await lineage.latestRuns(pipeline.name, due)).map(({ partition }) => partition));
    // What is not cut by time has to run between any two deadlines.
    const since = wholeSet(partitions) === undefined ? 0 : deadlinesAround(deadline, time - 1).last;
    const late: Late[] = [];
    for (const partition of due) {
      const runs = begun.has(partition) ? await lineage.runs({ pipeline: pipeline.name, partition, limit: 100 }) : [];
      const own = runs.filter((run) => Date.parse(run.startedAt) > since);
      const succeeded = own.findLast(({ verdict }) => verdict === 'succeeded')?.finishedAt ?? null;
      const running = own[0] !== undefined && own[0].verdict === null;
      const alert = judgeDeadline({
        ...{ pipeline: pipeline.name, partition, deadline: time, timezone: deadline.timezone, now, running },
        succeededAt: succeeded === null ? null : Date.parse(succeeded),
        expectedEnd: succeeded === null && time > now ? await expectedEnd(pipeline, partition, running, now) : null,
      });
      if (alert !== null) late.push({ alert, run: own[0] });
      else if (succeeded !== null) judged.add(partition);
      if (alert !== null && deadline.raisePriority && running)
        await notices.raisePriority(runWorkflowId(pipeline.name, partition), time);
    }
    const missed = late.filter(({ alert }) => alert.event === 'deadline_missed');
    const atRisk = late.filter(({ alert }) => alert.event === 'deadline_at_risk' && !warned.has(alert.partition));
    const one = due.length + judged.size === 1;
    await notices.raiseLate(pipeline.name, time, missed, one);
    for (const { alert } of missed) judged.add(alert.partition);
    await notices.raiseLate(pipeline.name, time, atRisk, one);
    for (const { alert } of atRisk) warned.add(alert.partition);
  }

  async function watchDataset(dataset: string, maxAgeMs: number): Promise<void> {
    const [version] = await lineage.datasetVersions(dataset, { published: true, limit: 1 });
    const newest = version?.writtenAt;
    if (newest === undefined || Date.now() - Date.parse(newest) <= maxAgeMs) return;
    const title = `${dataset} is older than it may be`;
    const message = `its newest version that can be read is of ${newest}, and may be ${maxAgeMs / 1000} s old`;
    await notices.raise(`late/${dataset}/${newest}`, { event: 'dataset_late', title, message }, {});
  }
}

/** The partitions that have to have run by a time; none before the first is complete. */
function completeBy(partitions: Partitions, time: number): string[] {
  try {
    return closedPartitions(partitions, new Date(time).toISOString(), Infinity);
  } catch (error) {
    if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return [];
    throw error;
  }
}
