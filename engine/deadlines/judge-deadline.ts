import { DateTime } from 'luxon';
import type { AlertEvent } from '../../schemas/index.js';

/** What is known of the run that has to be done by a deadline. Times are milliseconds since 1970. */
export interface DeadlineFacts {
  pipeline: string;
  partition: string;
  deadline: number;
  timezone: string;
  now: number;
  /** When it succeeded first; null: it has not. */
  succeededAt: number | null;
  /** Whether it is under way. */
  running: boolean;
  /** When it is expected to have ended; null: nothing is known. */
  expectedEnd: number | null;
}

/** What somebody should know. */
export interface DeadlineAlert {
  partition: string;
  event: Extract<AlertEvent, 'deadline_at_risk' | 'deadline_missed'>;
  title: string;
  message: string;
}

/**
 * Judges a deadline. Missed: it has passed, and the run had not succeeded by then. At risk: it has not passed, and in four of five
 * cases the run, under way or begun now, would end later. Null: neither.
 */
export function judgeDeadline(facts: DeadlineFacts): DeadlineAlert | null {
  const { pipeline, partition, deadline, now, succeededAt, running, expectedEnd } = facts;
  if (succeededAt !== null && succeededAt <= deadline) return null;
  const time = (at: number) => DateTime.fromMillis(at, { zone: facts.timezone }).toFormat('yyyy-MM-dd HH:mm ZZ');
  const state = running ? 'it is under way' : 'it has not begun, or did not succeed';
  if (now >= deadline) {
    const message = succeededAt === null ? state : `it succeeded at ${time(succeededAt)}`;
    const title = `${pipeline} ${partition} missed its deadline, ${time(deadline)}`;
    return { partition, event: 'deadline_missed', title, message };
  }
  if (succeededAt !== null || expectedEnd === null || expectedEnd <= deadline) return null;
  const title = `${pipeline} ${partition} is likely to miss its deadline, ${time(deadline)}`;
  return { partition, event: 'deadline_at_risk', title, message: `${state}; expected to end by ${time(expectedEnd)}` };
}

/** Partitions that are named when many are late together. */
const NAMED = 10;

/** Alerts of the same kind about partitions of one pipeline as one, so that a day of 200 regions does not call 200 times. */
export function gatherDeadlines(
  pipeline: string,
  [first, ...others]: [DeadlineAlert, ...DeadlineAlert[]],
): Omit<DeadlineAlert, 'partition'> & { partition: string | null } {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const lines = all.slice(0, NAMED).map(({ partition, message }) => `${partition}: ${message}`.slice(0, 150));
  const more = all.length > NAMED ? [`and ${all.length - NAMED} more`] : [];
  const what = first.event === 'deadline_missed' ? 'missed their deadline' : 'are likely to miss their deadline';
  return {
    ...{ event: first.event, partition: null },
    title: `${all.length} partitions of ${pipeline} ${what}`,
    message: [...lines, ...more].join('\n'),
  };
}
