import type { InboxStatus, LineageRecordOf, TriggerEvent, TriggeredRun, WaitingEvent } from '../schemas/index.js';
import type { WaitingTarget, WaitingTrigger } from './inbox-input.js';

/** Events that one run answers: those about the same partition with the same parameters. */
export interface Group {
  key: string;
  partition: string;
  params: TriggerEvent['params'];
  /** Oldest first. */
  events: WaitingTrigger[];
  /** What must be there before it starts. */
  lacking: string[];
  /** When it may start, in milliseconds since 1970. */
  dueAt: number;
  /** Whether it may start now. */
  due: boolean;
  whileRunning: WaitingTarget['whileRunning'];
}

/** Keys that were made, since thousands of events are looked at each time that something changes. */
const keys = new WeakMap<WaitingTarget, string>();

function keyOf(target: WaitingTarget): string {
  const known = keys.get(target);
  if (known !== undefined) return known;
  const { partition, params } = target;
  const key = JSON.stringify([partition, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);
  keys.set(target, key);
  return key;
}

/**
 * Events by the run that answers them. A group is due when it was quiet for as long as its events ask, at the latest when
 * the oldest has waited as long as it may; the newest event says what is lacking.
 * @param now milliseconds since 1970
 */
export function groupsOf(waiting: readonly WaitingTrigger[], now: number): Group[] {
  const groups = new Map<string, { waiting: WaitingTrigger; target: WaitingTarget }[]>();
  for (const event of waiting) {
    for (const target of event.targets) {
      const key = keyOf(target);
      const members = groups.get(key);
      if (members === undefined) groups.set(key, [{ waiting: event, target }]);
      else members.push({ waiting: event, target });
    }
  }
  return [...groups].flatMap(([key, members]): Group[] => {
    const newest = members.at(-1)?.target;
    if (newest === undefined) return [];
    const times = members.map((member) => ({ at: Date.parse(member.waiting.receivedAt), ...member.target }));
    const quiet = times.reduce((latest, { at, debounceMs }) => Math.max(latest, at + debounceMs), -Infinity);
    const latest = times.reduce((soonest, { at, maxWaitMs }) => Math.min(soonest, at + maxWaitMs), Infinity);
    const dueAt = Math.min(quiet, latest);
    const { partition, params, lacking } = newest;
    const events = members.map((member) => member.waiting);
    const whileRunning = (['queue', 'merge'] as const).find((one) => times.some((time) => time.whileRunning === one));
    const due = lacking.length === 0 && dueAt <= now;
    return [{ key, partition, params, events, lacking, dueAt, due, whileRunning: whileRunning ?? 'ignore' }];
  });
}

/** The group of one key, as `groupsOf` would give it. */
export function groupOf(waiting: readonly WaitingTrigger[], key: string, now: number): Group | undefined {
  const members = waiting.filter(({ targets }) => targets.some((target) => keyOf(target) === key));
  return groupsOf(members, now).find((group) => group.key === key);
}

/**
 * Events that need not wait with their group, since a run for it is sure to start: all but the first, which starts it, and the
 * newest ones, which say when. What waits has to fit into one payload when an inbox continues as new.
 * @param most events of a group, of which the newer half stays
 */
export function surplusOf(group: Group, most: number): WaitingTrigger[] {
  const { key, events, whileRunning } = group;
  if (events.length <= most || whileRunning !== 'queue') return [];
  const queues = ({ targets }: WaitingTrigger) =>
    targets.some((target) => keyOf(target) === key && target.whileRunning === 'queue');
  return events.slice(1, -Math.ceil(most / 2)).filter(queues);
}

/** Milliseconds until the next group is due; null if none waits for a time. */
export function nextDue(groups: readonly Group[], now: number): number | null {
  const times = groups.filter(({ due, lacking }) => !due && lacking.length === 0).map(({ dueAt }) => dueAt - now);
  return times.length === 0
    ? null
    : Math.max(
        1,
        times.reduce((soonest, time) => Math.min(soonest, time), Infinity),
      );
}

/**
 * Notes in each event of a group what came of it.
 * @param run the run that answers them; null if none does
 * @param reason why it is not one that they started; null if they did, which the first of them gets
 * @returns the events of which nothing more is to come
 */
export function settle({ key, events }: Group, run: TriggeredRun | null, reason: string | null): WaitingTrigger[] {
  const [first] = events;
  for (const event of events) {
    const merged = reason ?? (event === first ? null : `with ${first?.event.id}`);
    event.ended.push({ run, started: merged === null, reason: merged });
    event.targets = event.targets.filter((target) => keyOf(target) !== key);
  }
  return events.filter(({ targets }) => targets.length === 0);
}

/** The line of the ledger of an event that has ended. */
export function entryOf(
  pipeline: string,
  { event, trigger, receivedAt, ended, ignored }: WaitingTrigger,
): LineageRecordOf<'trigger_event'> {
  const { id, source, subject } = event;
  const runs = ended.flatMap(({ run }) => (run === null ? [] : [run]));
  const outcome = ended.some(({ started }) => started) ? 'started' : runs.length > 0 ? 'merged' : 'ignored';
  const reasons = [ignored, ...ended.map(({ reason }) => reason)].filter((reason) => reason !== null);
  const reason = [...new Set(reasons)].join('; ').slice(0, 1000);
  return {
    kind: 'trigger_event',
    key: `trigger/${pipeline}/${id}`,
    at: new Date().toISOString(),
    event: { pipeline, id, trigger, source, subject, receivedAt, outcome, runs, reason },
  };
}

/** What has not ended, and what it waits for. */
export function statusOf(
  pipeline: string,
  watching: boolean,
  waiting: readonly WaitingTrigger[],
  arrived: readonly TriggerEvent[],
  now: number,
): InboxStatus {
  const groups = new Map<WaitingTrigger, Group>();
  for (const group of groupsOf(waiting, now)) {
    for (const event of group.events) if (!groups.has(event)) groups.set(event, group);
  }
  const lines = waiting.map((member): WaitingEvent => {
    const { id, source, subject } = member.event;
    const { trigger, receivedAt } = member;
    return { id, source, subject, trigger, receivedAt, waitsFor: waitsFor(groups.get(member)) };
  });
  const at = new Date(now).toISOString();
  const untouched = arrived.map(({ id, source, subject, trigger }): WaitingEvent => ({
    ...{ id, source, subject, trigger: trigger ?? source, receivedAt: at, waitsFor: 'its turn' },
  }));
  return { pipeline, watching, waiting: [...lines, ...untouched] };
}

function waitsFor(group: Group | undefined): string {
  if (group === undefined) return 'its record';
  const { lacking, due, dueAt, partition } = group;
  if (lacking.length > 0) {
    const more = lacking.length > 5 ? ` and ${lacking.length - 5} more` : '';
    return `${lacking.slice(0, 5).join(', ')}${more}, to run ${partition}`;
  }
  if (!due) return `quiet about ${partition} until ${new Date(dueAt).toISOString()}`;
  return `the end of the run of ${partition} that is under way`;
}
