import { join, resolve } from 'node:path';
import type { MillraceClient } from '../../client/index.js';
import type { LineageClient } from '../../engine/lineage/index.js';
import { MillraceError, type EndpointState, type RunProgress, type RunResult } from '../../schemas/index.js';
import { writeDefectiveSource } from './defective-source.js';
import { ENDPOINT, HISTORY_PARTITIONS, HISTORY_PIPELINE, NIGHTS, PIPELINE, type Night } from './nights.js';
import { nightReport, trainingVersions, type DemoReport, type NightReport } from './report.js';
import { flightsOf, sendTraffic, type TrafficSummary } from './traffic.js';

/** What the demo works with. */
export interface DemoContext {
  client: MillraceClient;
  lineage: LineageClient;
  modelServerUrl: string;
  dataDir: string;
  projectDir: string;
  signal: AbortSignal;
}

/** Says how far a part of the demo is. */
export type Say = (message: string) => void;

const SOURCE = 'node_modules/vega-datasets/data/flights-3m.parquet';
/** History partitions at once. */
const AT_ONCE = 4;
/** Requests a second while a canary is judged; bounded, so that two cores have time for the rest. */
const CANARY_RATE = 800;
/** Flights that ask the serving model after a night that moved no traffic. */
const PROBES = 300;
const POLL_MS = 250;

/** Takes an earlier demo’s model out of service, so that the first night is a first release again; on record like any change. */
export async function retireEndpoint({ lineage }: DemoContext): Promise<void> {
  const state = await lineage.endpoint(ENDPOINT);
  if (state === null || state.stable === null) return;
  const base = { at: new Date().toISOString(), runId: 'demo', actor: 'demo', reason: 'the demo starts over' };
  const key = `demo/retire/${ENDPOINT}/${state.generation}`;
  await lineage.record([
    {
      ...base,
      key,
      kind: 'endpoint_changed',
      endpoint: ENDPOINT,
      expectedGeneration: state.generation,
      stable: null,
      canary: null,
      canaryWeight: 0,
    },
    {
      ...base,
      key: `${key}/champion`,
      kind: 'alias_moved',
      model: state.stable.model,
      alias: 'champion',
      version: null,
    },
  ]);
}

/** Ingests and checks the days before the first night, several at a time. */
export async function runHistory({ client, signal }: DemoContext, say: Say): Promise<DemoReport['history']> {
  const started = Date.now();
  const queue = [...HISTORY_PARTITIONS];
  let done = 0;
  const worker = async () => {
    for (let partition = queue.shift(); partition !== undefined; partition = queue.shift()) {
      signal.throwIfAborted();
      const run = await client.startRun({ pipeline: HISTORY_PIPELINE, partition, requestedBy: 'demo' });
      const result = await run.result();
      if (result.verdict !== 'succeeded')
        throw new MillraceError('INTERNAL', `history ${partition}: ${result.message}`);
      say(`${++done} of ${HISTORY_PARTITIONS.length} days`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { partitions: done, durationMs: Date.now() - started };
}

/** Runs one night, with its traffic. */
export async function runNight(context: DemoContext, night: Night, say: Say): Promise<NightReport> {
  const { client, dataDir, projectDir, signal } = context;
  const started = Date.now();
  const source = resolve(projectDir, SOURCE);
  const bad: Night['params'] = night.badSource
    ? { source: await writeDefectiveSource(source, night.partition, join(dataDir, 'demo')) }
    : {};
  const { partition, force } = night;
  const run = await client.startRun({
    pipeline: PIPELINE,
    partition,
    params: { ...night.params, ...bad },
    ...(force === undefined ? {} : { force }),
    requestedBy: 'demo',
  });
  const over = new AbortController();
  const follow = followRun(() => run.progress(), say, AbortSignal.any([signal, over.signal]));
  const during =
    night.traffic === 'during'
      ? canaryTraffic(context, source, night, AbortSignal.any([signal, over.signal]))
      : undefined;
  let result: RunResult;
  try {
    result = await run.result();
  } finally {
    over.abort();
    await follow;
  }
  const traffic = (await during) ?? (await probe(context, source, night));
  return nightReport(night, result, traffic, Date.now() - started);
}

/** Puts together what the nights left behind. */
export async function finalReport(
  { lineage, modelServerUrl }: DemoContext,
  history: DemoReport['history'],
  nights: NightReport[],
  totalMs: number,
): Promise<DemoReport> {
  const state = await lineage.endpoint(ENDPOINT);
  const stable = state?.stable;
  if (stable === null || stable === undefined)
    throw new MillraceError('MODEL_SERVER_UNAVAILABLE', `${ENDPOINT} serves nothing`);
  const graph = await lineage.graph(`model:${stable.model}@${stable.version}`, { direction: 'upstream', depth: 2 });
  const failedRequests = nights.reduce((sum, night) => sum + (night.traffic?.failed ?? 0), 0);
  return {
    history,
    nights,
    serving: { endpoint: ENDPOINT, modelVersion: stable.version, url: `${modelServerUrl}/v2/models/${ENDPOINT}/infer` },
    trainedOn: trainingVersions(graph, stable),
    failedRequests,
    totalMs,
    asExpected:
      nights.length === NIGHTS.length &&
      nights.every((night) => night.asExpected) &&
      servesTheLastPromoted(state, nights),
  };
}

function servesTheLastPromoted(state: EndpointState | null, nights: readonly NightReport[]): boolean {
  const promoted = nights.filter((night) => night.verdict === 'succeeded').at(-1)?.modelVersion;
  return state?.canary === null && state.stable?.version === promoted;
}

/** The day’s flights go to the endpoint for as long as a canary is there. */
async function canaryTraffic(
  { lineage, modelServerUrl }: DemoContext,
  source: string,
  night: Night,
  signal: AbortSignal,
): Promise<TrafficSummary> {
  const flights = await flightsOf(source, night.partition);
  while (!signal.aborted && (await lineage.endpoint(ENDPOINT))?.canary === null) await pause(POLL_MS);
  return sendTraffic({ url: modelServerUrl, endpoint: ENDPOINT, flights, perSecond: CANARY_RATE }, signal);
}

/** Some flights of the day, to see that the endpoint serves. */
async function probe({ modelServerUrl, signal }: DemoContext, source: string, night: Night): Promise<TrafficSummary> {
  const flights = (await flightsOf(source, night.partition)).slice(0, PROBES);
  return sendTraffic({ url: modelServerUrl, endpoint: ENDPOINT, flights, perSecond: CANARY_RATE }, signal);
}

/** Says each step once when it begins and once, with its summary, when it has ended. */
async function followRun(progress: () => Promise<RunProgress>, say: Say, signal: AbortSignal): Promise<void> {
  const said = new Set<string>();
  for (;;) {
    // What came last is asked for when the run is over.
    const last = signal.aborted;
    const state = await progress().catch(() => undefined);
    for (const { step, status, summary } of state?.steps ?? []) {
      if (status === 'pending' || status === 'skipped') continue;
      const line = status === 'running' ? `${step} ...` : `${step}: ${summary}`;
      if (!said.has(line)) say(line);
      said.add(line);
    }
    if (last) return;
    await pause(POLL_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
