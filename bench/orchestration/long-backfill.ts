import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type BackfillHandle, type BackfillResult, type MillraceClient } from '../../client/index.js';
import { configSchema, type BackfillPartition } from '../../schemas/index.js';
import { startEmbedded } from '../../workers/embedded/embedded-mode.js';
import { defaultStore } from '../../workers/stores.js';
import { usageOfMembers, type Member, type Usage } from './process-table.js';

const HOUR_MS = 3_600_000;
const LOOK_MS = 2_000;
/** Stages of the way whose pace and memory are told. */
const STAGES = 10;

/** How it was when so many runs had ended. */
export interface Stage {
  ended: number;
  seconds: number;
  /** Runs that ended in a second since the stage before. */
  perSecond: number;
  rssMb: Partial<Record<Member, number>>;
}

/** What a backfill to its end takes, with the engine's defaults: the processes are those of the embedded mode, its server in memory. */
export interface LongBackfillFigures {
  partitions: number;
  /** A dry run: from the request to the plan, and what the worker's memory grew by meanwhile. */
  planSeconds: number;
  planWorkerGrowthMb: number;
  seconds: number;
  perSecond: number;
  stages: Stage[];
  /** Processor milliseconds a run, by process. */
  processorMsPerRun: Partial<Record<Member, number>>;
  greatestRssMb: Partial<Record<Member, number>>;
  /** Executions that the backfill took, continuing as new, and the greatest of their histories. */
  executions: number;
  greatestHistoryEvents: number;
  greatestHistoryBytes: number;
  /** The history of one of the runs. */
  runHistoryEvents: number;
  runHistoryBytes: number;
  verdict: BackfillResult['verdict'];
  counts: BackfillResult['counts'];
  resultBytes: number;
  /** Partitions in the list of outcomes, each of them once, and those of them that succeeded. */
  listed: number;
  listedSucceeded: number;
}

/** Runs a backfill of so many partitions to its end, with a step that does nothing. */
export async function measureLongBackfill(
  partitions: number,
  say: (line: string) => void,
): Promise<LongBackfillFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const configFile = join(__dirname, 'long-backfill.config.ts');
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined };
  const embedded = await startEmbedded({ dataDir, projectDir: __dirname, configFile, inMemory: true, env });
  try {
    const client = await connect({ address: embedded.temporalAddress, plain: true });
    try {
      return await measured(client, dataDir, partitions, say);
    } finally {
      await client.close();
    }
  } finally {
    await embedded.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measured(
  client: MillraceClient,
  dataDir: string,
  partitions: number,
  say: (line: string) => void,
): Promise<LongBackfillFigures> {
  const key = (hour: number) => new Date(Date.UTC(1980, 0, 1) + hour * HOUR_MS).toISOString().slice(0, 13);
  const range = { pipeline: 'hours', from: key(0), to: key(partitions - 1), requestedBy: 'bench' };
  const warm = { ...range, from: key(partitions), to: key(partitions + 9) };
  await (await client.startBackfill(warm)).result();

  const before = usageOfMembers();
  const planning = performance.now();
  const { plan } = await client.planBackfill(range);
  const planSeconds = secondsSince(planning);
  const planWorkerGrowthMb = growth(before.worker, usageOfMembers().worker);
  say(`plan of ${plan.run} runs: ${planSeconds} s, ${planWorkerGrowthMb} MB more in the worker`);

  const usedBefore = usageOfMembers();
  const began = performance.now();
  const backfill = await client.startBackfill(range);
  const { stages, greatest } = await watch(backfill, partitions, say);
  const result = await backfill.result();
  const seconds = secondsSince(began);
  const usedAfter = usageOfMembers();

  const histories = await historiesOf(client, backfill.workflowId);
  const [run] = await historiesOf(client, `run/hours/${range.from}`);
  const listed = await outcomesOf(dataDir, result);
  const unique = new Set(listed.map(({ partition }) => partition));
  return {
    partitions,
    planSeconds,
    planWorkerGrowthMb,
    seconds,
    perSecond: rounded(partitions / seconds),
    stages,
    processorMsPerRun: processorMsPerRun(usedBefore, usedAfter, partitions),
    greatestRssMb: greatest,
    executions: histories.length,
    greatestHistoryEvents: Math.max(...histories.map(({ events }) => events)),
    greatestHistoryBytes: Math.max(...histories.map(({ bytes }) => bytes)),
    runHistoryEvents: run?.events ?? 0,
    runHistoryBytes: run?.bytes ?? 0,
    verdict: result.verdict,
    counts: result.counts,
    resultBytes: JSON.stringify(result).length,
    listed: unique.size,
    listedSucceeded: listed.filter(({ outcome }) => outcome === 'succeeded').length,
  };
}

/** Looks until it has ended. */
async function watch(
  backfill: BackfillHandle,
  partitions: number,
  say: (line: string) => void,
): Promise<{ stages: Stage[]; greatest: Partial<Record<Member, number>> }> {
  const stages: Stage[] = [];
  const greatest: Partial<Record<Member, number>> = {};
  const began = performance.now();
  let over = false;
  const end = backfill.result().finally(() => (over = true));
  end.catch(() => undefined);
  for (let last = { ended: 0, seconds: 0 }; !over;) {
    await Promise.race([end, delay(LOOK_MS)]);
    const rssMb: Stage['rssMb'] = {};
    for (const [member, { rssMb: now }] of Object.entries(usageOfMembers()) as [Member, Usage][]) {
      rssMb[member] = now;
      greatest[member] = Math.max(greatest[member] ?? 0, now);
    }
    const ended = over ? partitions : ((await backfill.progress().catch(() => undefined))?.outcomes.succeeded ?? 0);
    if (ended - last.ended < partitions / STAGES && !over) continue;
    const seconds = secondsSince(began);
    const stage = { ended, seconds, perSecond: rounded((ended - last.ended) / (seconds - last.seconds)), rssMb };
    stages.push(stage);
    last = stage;
    say(`${ended} of ${partitions} after ${seconds} s, ${stage.perSecond} a second; MB: ${JSON.stringify(rssMb)}`);
  }
  await end;
  return { stages, greatest };
}

function processorMsPerRun(
  before: Partial<Record<Member, Usage>>,
  after: Partial<Record<Member, Usage>>,
  runs: number,
): Partial<Record<Member, number>> {
  const pairs = (Object.entries(after) as [Member, Usage][]).map(([member, { processorSeconds }]) => {
    const spent = processorSeconds - (before[member]?.processorSeconds ?? 0);
    return [member, rounded((spent * 1000) / runs)] as const;
  });
  return Object.fromEntries(pairs);
}

/** Length and size of the histories of all executions of an id. */
export async function historiesOf(
  client: MillraceClient,
  workflowId: string,
): Promise<{ events: number; bytes: number }[]> {
  const found: { events: number; bytes: number }[] = [];
  for await (const execution of client.temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    found.push({ events: execution.historyLength, bytes: execution.historySize ?? 0 });
  }
  return found;
}

async function outcomesOf(dataDir: string, result: BackfillResult): Promise<readonly BackfillPartition[]> {
  if (result.partitions !== null) return result.partitions;
  const store = defaultStore(configSchema.parse({ pipelines: [] }).stores, dataDir);
  const bytes = await store.read(result.partitionsUri ?? '');
  return JSON.parse(Buffer.from(bytes).toString()) as BackfillPartition[];
}

function growth(before: Usage | undefined, after: Usage | undefined): number {
  return (after?.rssMb ?? 0) - (before?.rssMb ?? 0);
}

function secondsSince(began: number): number {
  return rounded((performance.now() - began) / 1000);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
