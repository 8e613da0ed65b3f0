import type { Client, ScheduleDescription } from '@temporalio/client';
import { parseWith } from '../schemas/parse.js';
import { scheduleId, scheduleSchema, type Schedule, type ScheduleInput } from '../schemas/schedule.js';
import type { Caller } from './run-handle.js';
import { actualFacts, desiredFacts, scheduleDifference, scheduleOptions } from './schedule-specification.js';

const PREFIX = scheduleId('');

/** What is to be done, or was done, about the schedule of a pipeline. */
export interface ScheduleChange {
  pipeline: string;
  /** unknown: it is in Temporal, but no pipeline of the configuration has it; `prune` deletes it. */
  change: 'create' | 'update' | 'delete' | 'unchanged' | 'unknown';
  /** One line a field, `overlap: skip → buffer_one`. */
  differences: string[];
}

/** A schedule as it is in Temporal. */
export interface ScheduleStatus {
  pipeline: string;
  paused: boolean;
  /** Why it is paused, or what was said last. */
  note: string;
  /** Next firings, at most 10; ISO 8601. */
  next: string[];
  /** Workflows of the last firings, newest first. */
  recent: { at: string; workflowId: string }[];
  /** Firings that were left out, because one ran still or because they came too late. */
  skipped: number;
}

/** The schedules of pipelines in Temporal; their ids are `schedule/PIPELINE`. */
export interface Schedules {
  /**
   * Makes Temporal’s schedules what the configuration says; doing it again changes nothing. Whether one is paused stays as it is.
   * @param options `dryRun`: only says what would be done; `prune`: deletes schedules of pipelines that have none
   * @throws INPUT_INVALID before anything is changed
   */
  apply(
    pipelines: readonly { name: string; schedule?: ScheduleInput }[],
    options?: { dryRun?: boolean; prune?: boolean },
  ): Promise<ScheduleChange[]>;
  list(): Promise<ScheduleStatus[]>;
  /** @throws NOT_FOUND */
  describe(pipeline: string): Promise<ScheduleStatus>;
  /** @throws NOT_FOUND */
  pause(pipeline: string, note: string): Promise<void>;
  /** @throws NOT_FOUND */
  resume(pipeline: string, note: string): Promise<void>;
  /** Fires at once, for the partition that is complete by now. @throws NOT_FOUND */
  trigger(pipeline: string): Promise<void>;
}

/** @internal */
export function createSchedules(client: Client, call: Caller): Schedules {
  const handleOf = (pipeline: string) => client.schedule.getHandle(scheduleId(pipeline));

  async function known(): Promise<string[]> {
    const found: string[] = [];
    for await (const summary of client.schedule.list()) {
      if (summary.scheduleId.startsWith(PREFIX)) found.push(summary.scheduleId.slice(PREFIX.length));
    }
    return found.sort();
  }

  async function applyOne(pipeline: string, schedule: Schedule, dryRun: boolean): Promise<ScheduleChange> {
    const handle = handleOf(pipeline);
    const description = await handle.describe().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
      throw error;
    });
    const options = scheduleOptions(pipeline, schedule);
    if (description === undefined) {
      if (!dryRun) await client.schedule.create(options);
      const facts = desiredFacts(pipeline, schedule);
      const differences = Object.entries(facts).map(([field, value]) => `${field}: ${String(value)}`);
      return { pipeline, change: 'create', differences };
    }
    const differences = scheduleDifference(actualFacts(description), desiredFacts(pipeline, schedule));
    if (differences.length === 0) return { pipeline, change: 'unchanged', differences };
    if (!dryRun) {
      const { spec, action, policies } = options;
      await handle.update(({ state: { paused, note } }) => ({ spec, action, policies, state: { paused, note } }));
    }
    return { pipeline, change: 'update', differences };
  }

  return {
    apply: (pipelines, { dryRun = false, prune = false } = {}) =>
      call(async () => {
        const wanted = new Map<string, Schedule>();
        for (const { name, schedule } of pipelines) {
          if (schedule !== undefined) wanted.set(name, parseWith(scheduleSchema, schedule, `schedule of ${name}`));
        }
        const changes: ScheduleChange[] = [];
        for (const [name, schedule] of wanted) changes.push(await applyOne(name, schedule, dryRun));
        for (const pipeline of (await known()).filter((name) => !wanted.has(name))) {
          if (prune && !dryRun) await handleOf(pipeline).delete();
          changes.push({ pipeline, change: prune ? 'delete' : 'unknown', differences: [] });
        }
        return changes;
      }),
    list: () =>
      call(async () => {
        const found: ScheduleStatus[] = [];
        for (const pipeline of await known()) found.push(statusOf(pipeline, await handleOf(pipeline).describe()));
        return found;
      }),
    describe: (pipeline) => call(async () => statusOf(pipeline, await handleOf(pipeline).describe())),
    pause: (pipeline, note) => call(() => handleOf(pipeline).pause(note)),
    resume: (pipeline, note) => call(() => handleOf(pipeline).unpause(note)),
    trigger: (pipeline) => call(() => handleOf(pipeline).trigger()),
  };
}

function statusOf(pipeline: string, { state, info }: ScheduleDescription): ScheduleStatus {
  return {
    pipeline,
    paused: state.paused,
    note: state.note ?? '',
    next: info.nextActionTimes.slice(0, 10).map((time) => time.toISOString()),
    recent: [...info.recentActions]
      .reverse()
      .map(({ scheduledAt, action }) => ({ at: scheduledAt.toISOString(), workflowId: action.workflow.workflowId })),
    skipped: info.numActionsSkippedOverlap + info.numActionsMissedCatchupWindow,
  };
}
