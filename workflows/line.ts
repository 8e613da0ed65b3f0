import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createLineActivities, createPoolActivities } from '../activities/index.js';
import {
  lineInputSchema,
  lineWorkflowId,
  type LineJoin,
  type LineLeave,
  type LineMember,
  type LineStatus,
  type LineTurn,
} from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { failure, parseInput } from './failures.js';
import { turnsOf } from './line-turns.js';
import { cell } from './markdown.js';

const { findGone } = proxyActivities<ReturnType<typeof createPoolActivities>>(LOOK_AGAIN('1 second', 'Temporal'));
const { pauseSchedule } = proxyActivities<ReturnType<typeof createLineActivities>>(LOOK_AGAIN('1 second', 'Temporal'));
const { awaitResumed } = proxyActivities<ReturnType<typeof createLineActivities>>(
  LOOK_AGAIN('2 seconds', 'the schedule, which is paused, to be resumed'),
);

/** A firing asks for its turn. */
export const joinSignal = defineSignal<[LineJoin]>('join');
/** A firing has ended, or waits no longer. */
export const leaveSignal = defineSignal<[LineLeave]>('leave');
/** Tells a firing that it is its turn, or that it has none. */
export const turnSignal = defineSignal<[LineTurn]>('turn');
export const lineQuery = defineQuery<LineStatus>('line');

/** How long nothing may happen, while somebody waits, before those at work are looked at. */
const LOOK_MS = 5_000;

/** A firing that is later than this is one of several that Temporal makes up for, which come at once and in any order. */
const LATE_MS = 10_000;
const GATHER_MS = 1_000;

/**
 * The line of a pipeline: firings of its schedule that take turns. Its id is `line/PIPELINE`. A firing that had to wait has its
 * turn only while the schedule is not paused, so nothing that waits is lost when one fails. Ends when nobody is in it.
 */
export async function line(input: unknown): Promise<{ pipeline: string }> {
  const state = parseInput(lineInputSchema, input, 'input of line');
  const { pipeline, active = [], waiting = [] } = state;
  let rules = state.rules ?? { order: 'all', maxActive: 1, stopOnFailure: false };
  let changes = 0;
  /** Who had to wait, so that it is held back while the schedule is paused. */
  const held = new Set(waiting.map(({ ticket }) => ticket));
  const failures: string[] = [];
  if (workflowInfo().workflowId !== lineWorkflowId(pipeline)) {
    throw failure('INPUT_INVALID', `the line of ${pipeline} has the workflow id ${lineWorkflowId(pipeline)}`);
  }
  setHandler(joinSignal, ({ rules: newest, ...member }) => {
    rules = newest;
    changes += 1;
    if (active.length >= rules.maxActive || waiting.length > 0 || failures.length > 0) held.add(member.ticket);
    // Who asks again was not told, or the answer was lost.
    remove(active, member.ticket);
    remove(waiting, member.ticket);
    waiting.push(member);
  });
  setHandler(leaveSignal, ({ ticket, failed }) => {
    changes += 1;
    const worked = remove(active, ticket);
    remove(waiting, ticket);
    held.delete(ticket);
    if (worked && failed !== null && rules.stopOnFailure) failures.push(failed);
  });
  setHandler(lineQuery, () => ({ pipeline, active, waiting: inOrder(waiting) }), {
    description: 'Which firings are at work, and which wait.',
  });
  for (;;) {
    const seen = changes;
    const [problem] = failures;
    if (problem !== undefined) {
      await pauseSchedule({ pipeline, note: problem });
      failures.shift();
      continue;
    }
    show();
    const { next, superseded } = turnsOf(waiting, active.length, rules);
    for (const { member, by } of superseded) await tell(member, { supersededBy: by });
    if (superseded.length > 0) continue;
    if (next !== undefined) {
      if (held.delete(next.ticket)) {
        await awaitResumed({ pipeline });
        // Another one may have come meanwhile that has the turn.
        if (changes !== seen) held.add(next.ticket);
        if (changes !== seen) continue;
      } else if (Date.now() - Date.parse(next.nominalTime) > LATE_MS) {
        // Made up for after an outage: those before it may be a moment behind.
        if (await condition(() => changes !== seen, GATHER_MS)) continue;
      }
      active.push(next);
      await tell(next, { supersededBy: null });
      // Whoever is overtaken had to wait, also one that came first.
      for (const { ticket } of waiting) held.add(ticket);
      continue;
    }
    if (workflowInfo().continueAsNewSuggested) {
      return continueAsNew<typeof line>({ pipeline, active, waiting, rules });
    }
    if (changes !== seen) continue;
    if (active.length + waiting.length === 0) return { pipeline };
    if (waiting.length === 0) await condition(() => changes !== seen);
    else if (!(await condition(() => changes !== seen, LOOK_MS))) await forgetGone();
  }

  async function tell(member: LineMember, turn: LineTurn): Promise<void> {
    remove(waiting, member.ticket);
    held.delete(member.ticket);
    try {
      await getExternalWorkflowHandle(member.workflowId, member.runId).signal(turnSignal, turn);
    } catch {
      // It has ended while it waited.
      remove(active, member.ticket);
    }
  }

  /** A firing that was terminated says nothing. */
  async function forgetGone(): Promise<void> {
    for (const ticket of await findGone({ places: [...active, ...waiting] })) {
      remove(active, ticket);
      remove(waiting, ticket);
    }
  }

  function show(): void {
    const row = ({ workflowId, nominalTime }: LineMember, is: string) =>
      `| ${nominalTime} | ${cell(workflowId)} | ${is} |`;
    const rows = [
      ...active.map((member) => row(member, 'is at work')),
      ...inOrder(waiting).map((member) => row(member, 'waits')),
    ];
    const head = `**${pipeline}**: ${active.length} of ${rules.maxActive} at work, ${waiting.length} wait`;
    setCurrentDetails([head, '', '| time | firing | |', '|---|---|---|', ...rows.slice(0, 50)].join('\n'));
  }
}

function inOrder(members: readonly LineMember[]): LineMember[] {
  return [...members].sort((a, b) => Date.parse(a.nominalTime) - Date.parse(b.nominalTime));
}

function remove(members: LineMember[], ticket: string): boolean {
  const index = members.findIndex((member) => member.ticket === ticket);
  if (index >= 0) members.splice(index, 1);
  return index >= 0;
}
