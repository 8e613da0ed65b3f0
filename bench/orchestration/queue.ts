import { setTimeout as delay } from 'node:timers/promises';
import type { BackfillHandle, MillraceClient } from '../../client/index.js';
import { definePipeline } from '../../schemas/index.js';
import { historiesOf } from './long-backfill.js';
import { startMillrace } from './millrace.js';

/** Runs of the nightly that are timed, without a backfill and beside one. */
const NIGHTS = 30;
/** Runs of the backfill after which its pace is taken to be steady. */
const STEADY_AFTER = 20;
/** Longest time that the backfill goes on after the nightly runs. */
const ALONE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Milliseconds from the request to the begin of the first step. */
export interface Delays {
  p50: number;
  p99: number;
}

/** What a long backfill does to nightly runs, they to it, and what it holds. */
export interface QueueFigures {
  partitions: number;
  /** Of them, those that ran in the time. */
  succeeded: number;
  nightlyAlone: Delays;
  nightlyBeside: Delays;
  /** Runs of the backfill that ended in a second while nightly runs were started, and when none were. */
  perSecondBeside: number;
  perSecondAlone: number;
  seconds: number;
  /** Executions that the backfill took, continuing as new, and the longest of their histories. */
  executions: number;
  longestHistoryEvents: number;
  longestHistoryBytes: number;
  /** Memory of the process with all workers, after the nightly runs and at its greatest. */
  rssMbEarly: number;
  rssMbGreatest: number;
}

const step = { nothing: { type: 'activity', activity: 'nothing', role: 'orchestration' } } as const;
const PIPELINES = [
  definePipeline({ name: 'night', partitions: { kind: 'daily', timezone: 'UTC' }, steps: step }),
  definePipeline({ name: 'hours', partitions: { kind: 'hourly', timezone: 'UTC' }, steps: step }),
];

/** Starts nightly runs one after the other, first alone, then beside a backfill of so many partitions, which is cancelled in the end. */
export async function measureQueue(partitions: number, say: (line: string) => void): Promise<QueueFigures> {
  const { client, close } = await startMillrace(PIPELINES);
  const rss: number[] = [];
  const sampler = setInterval(() => rss.push(process.memoryUsage().rss / 2 ** 20), 1000);
  try {
    await nights(client, 0, 3);
    const nightlyAlone = await nights(client, 1000, NIGHTS);
    say(`nightly alone: ${JSON.stringify(nightlyAlone)}`);
    const first = Date.UTC(1980, 0, 1);
    const key = (hour: number) => new Date(first + hour * HOUR_MS).toISOString().slice(0, 13);
    const range = { pipeline: 'hours', from: key(0), to: key(partitions - 1) };
    const began = performance.now();
    const backfill = await client.startBackfill({ ...range, requestedBy: 'bench' });
    while ((await ended(backfill)) < STEADY_AFTER) await delay(200);
    const [nightlyBeside, perSecondBeside] = await rateOf(backfill, () => nights(client, 2000, NIGHTS));
    say(`nightly beside ${partitions} partitions: ${JSON.stringify(nightlyBeside)}, ${perSecondBeside} runs a second`);
    const early = rss.at(-1) ?? 0;
    const [, perSecondAlone] = await rateOf(backfill, () => Promise.race([backfill.result(), delay(ALONE_MS)]));
    say(`backfill alone: ${perSecondAlone} runs a second`);
    await backfill.cancel({ by: 'bench' }).catch(() => undefined); // it may have ended
    const { counts } = await backfill.result();
    const seconds = Math.round((performance.now() - began) / 1000);
    const histories = await historiesOf(client, backfill.workflowId);
    return {
      partitions,
      succeeded: counts.succeeded ?? 0,
      nightlyAlone,
      nightlyBeside,
      perSecondBeside,
      perSecondAlone,
      seconds,
      executions: histories.length,
      longestHistoryEvents: Math.max(...histories.map(({ events }) => events)),
      longestHistoryBytes: Math.max(...histories.map(({ bytes }) => bytes)),
      rssMbEarly: Math.round(early),
      rssMbGreatest: Math.round(Math.max(...rss)),
    };
  } finally {
    clearInterval(sampler);
    await close();
  }
}

async function nights(client: MillraceClient, firstDay: number, count: number): Promise<Delays> {
  const delays: number[] = [];
  for (let night = 0; night < count; night++) {
    const partition = new Date(Date.UTC(1980, 0, 1) + (firstDay + night) * 24 * HOUR_MS).toISOString().slice(0, 10);
    const asked = Date.now();
    const run = await client.startRun({ pipeline: 'night', partition, requestedBy: 'bench' });
    const { steps } = await run.result();
    delays.push(Date.parse(steps[0]?.startedAt ?? '') - asked);
  }
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** What work gives, and how many runs of the backfill ended in a second meanwhile. */
async function rateOf<T>(backfill: BackfillHandle, work: () => Promise<T>): Promise<[T, number]> {
  const [before, began] = [await ended(backfill), performance.now()];
  const value = await work();
  const rate = ((await ended(backfill)) - before) / ((performance.now() - began) / 1000);
  return [value, Math.round(rate * 10) / 10];
}

async function ended(backfill: BackfillHandle): Promise<number> {
  const progress = await backfill.progress().catch(() => undefined);
  return progress?.outcomes.succeeded ?? 0;
}
