import { gatherDeadlines, type DeadlineAlert } from '../engine/deadlines/index.js';
import { ALERT_SEVERITIES, isMillraceError, type Alert, type RunSummary } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';
import { setRunPriority } from './run-priority.js';

const HIGHEST_PRIORITY = 1;

/** A partition that is late or will be, and its run. */
export interface Late {
  alert: DeadlineAlert;
  run: RunSummary | undefined;
}

/** Tells of what is late, and puts it before others, each once. */
export function createDeadlineNotices({ lineage, temporal }: Pick<ActivityDependencies, 'lineage' | 'temporal'>) {
  const raised = new Set<string>();
  return { raise, raiseLate, raisePriority };

  /** @param one whether the pipeline has one partition by that time, so that the deadline is its name */
  async function raiseLate(pipeline: string, time: number, [first, ...others]: Late[], one: boolean): Promise<void> {
    if (first === undefined) return;
    const alert = gatherDeadlines(pipeline, [first.alert, ...others.map((late) => late.alert)]);
    const key = `deadline/${pipeline}/${time}${one ? '' : `/${first.alert.partition}`}`.slice(0, 250);
    const run = others.length === 0 ? first.run : undefined;
    await raise(key, alert, { pipeline, partition: alert.partition, run });
  }

  /** Puts an alert on record, once. */
  async function raise(
    key: string,
    { event, title, message }: Pick<Alert, 'event' | 'title' | 'message'>,
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
