import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createPoolActivities } from '../activities/index.js';
import { poolInputSchema, poolWorkflowId, type PoolAsk, type PoolPlace, type PoolStatus } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { failure, parseInput } from './failures.js';
import { now } from './now.js';
import { nextPlace } from './pool-places.js';
import { cell } from './markdown.js';

const { findGone, lookAtPool } = proxyActivities<ReturnType<typeof createPoolActivities>>(
  LOOK_AGAIN('1 second', 'Temporal'),
);

/** Asks for a place; it is given by the signal `poolPlace` to the run. */
export const askSignal = defineSignal<[PoolAsk]>('ask');
/** Gives a place back, or asks for it no longer. */
export const giveBackSignal = defineSignal<[{ ticket: string }]>('giveBack');
/** Tells a run that it has a place. */
export const poolPlaceSignal = defineSignal<[{ ticket: string }]>('poolPlace');
export const placesQuery = defineQuery<PoolStatus>('places');

/** How long nothing may happen, while somebody waits, before holders are looked at. */
const LOOK_MS = 5_000;

/**
 * Places of a pool: as many steps as the configuration says have one at once, over all pipelines. A place is given back by
 * whoever has it; that of a run which has ended without that is taken back. Its id is `pool/NAME`; ends when nobody has a place.
 */
export async function pool(input: unknown): Promise<{ pool: string }> {
  const state = parseInput(poolInputSchema, input, 'input of pool');
  const { pool: name, holders = [], waiting = [], last = {} } = state;
  let { limit = 0 } = state;
  let turns = Math.max(0, ...Object.values(last));
  let changes = 0;
  if (workflowInfo().workflowId !== poolWorkflowId(name)) {
    throw failure('INPUT_INVALID', `the pool ${name} has the workflow id ${poolWorkflowId(name)}`);
  }
  setHandler(askSignal, ({ limit: newest, ...place }) => {
    limit = newest;
    changes += 1;
    const held = holders.findIndex(({ ticket }) => ticket === place.ticket);
    const waits = waiting.find(({ ticket }) => ticket === place.ticket);
    // Who asks again was not told, has forgotten, or is another execution since it was reset.
    if (held >= 0) waiting.unshift(...holders.splice(held, 1).map((before) => ({ ...before, ...place })));
    else if (waits !== undefined) Object.assign(waits, place);
    else waiting.push({ ...place, since: now() });
  });
  setHandler(giveBackSignal, ({ ticket }) => {
    changes += 1;
    remove(holders, ticket);
    remove(waiting, ticket);
  });
  setHandler(placesQuery, () => ({ pool: name, limit, holders, waiting }), {
    description: 'Who has a place, and who waits for one.',
  });
  for (;;) {
    const seen = changes;
    for (let next = nextPlace(waiting, last); next !== undefined && holders.length < limit;) {
      await give(next);
      next = nextPlace(waiting, last);
    }
    setCurrentDetails(markdown({ pool: name, limit, holders, waiting }));
    if (workflowInfo().continueAsNewSuggested) {
      return continueAsNew<typeof pool>({ pool: name, limit, holders, waiting, last });
    }
    if (changes !== seen) continue;
    if (holders.length + waiting.length === 0) return { pool: name };
    if (waiting.length === 0) await condition(() => changes !== seen);
    else if (!(await condition(() => changes !== seen, LOOK_MS))) await lookAround();
  }

  async function give(place: PoolPlace): Promise<void> {
    const { ticket, workflowId, runId, pipeline } = place;
    remove(waiting, ticket);
    holders.push({ ...place, since: now() });
    turns += 1;
    last[pipeline] = turns;
    try {
      await getExternalWorkflowHandle(workflowId, runId).signal(poolPlaceSignal, { ticket });
    } catch {
      // It has ended while it waited.
      remove(holders, ticket);
    }
  }

  async function lookAround(): Promise<void> {
    const places = [...holders, ...waiting];
    const lookedAt = new Map(places.map(({ ticket, runId }) => [ticket, runId]));
    if (!patched('pool-looks-around')) return takeBack(await findGone({ places }));
    const look = await lookAtPool({ pool: name, places });
    limit = look.limit ?? limit;
    // The execution that another one was reset to may have asked during the look, which was at the other one.
    const asksAnew = (ticket: string) => {
      const place = [...holders, ...waiting].find((one) => one.ticket === ticket);
      return place !== undefined && place.runId !== lookedAt.get(ticket) && patched('pool-keeps-who-asks-anew');
    };
    takeBack(look.gone.filter((ticket) => !asksAnew(ticket)));
    for (const { ticket, runId, told } of look.moved) {
      const isMeant = (place: PoolPlace) => place.ticket === ticket;
      const held = holders.findIndex(isMeant);
      // What the new execution was not told of is given to it once more.
      if (held >= 0 && !told) waiting.unshift(...holders.splice(held, 1));
      const place = holders.find(isMeant) ?? waiting.find(isMeant);
      if (place !== undefined) place.runId = runId;
    }
  }

  function takeBack(gone: readonly string[]): void {
    for (const ticket of gone) {
      remove(holders, ticket);
      remove(waiting, ticket);
    }
  }
}

function remove(places: PoolPlace[], ticket: string): void {
  const index = places.findIndex((place) => place.ticket === ticket);
  if (index >= 0) places.splice(index, 1);
}

function markdown({ pool, limit, holders, waiting }: PoolStatus): string {
  const rows = [
    ...holders.map((place) => ({ place, is: 'has a place' })),
    ...waiting.map((place) => ({ place, is: 'waits' })),
  ];
  return [
    `**${pool}**: ${holders.length} of ${limit} places taken, ${waiting.length} wait`,
    '',
    '| run | step | | since |',
    '|---|---|---|---|',
    ...rows
      .slice(0, 50)
      .map(({ place, is }) => `| ${cell(place.workflowId)} | ${place.step} | ${is} | ${place.since} |`),
  ].join('\n');
}
