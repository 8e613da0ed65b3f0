import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { packageModel } from '../../engine/training/index.js';
import { configSchema, type EndpointState, type ModelSignature, type ModelVersionRef } from '../../schemas/index.js';
import { runModelServer } from '../../workers/run-model-server.js';
import { defaultStore } from '../../workers/stores.js';
import { PROJECT_DIR, type MillraceEnvironment } from './millrace-environment.js';
import { until } from './until.js';

const { stores } = configSchema.parse({ pipelines: [] });

/** ONNX graphs that were made for the tests of the model server; test/unit/serving/fixtures says what each does. */
export const GRAPHS = join(PROJECT_DIR, 'test', 'unit', 'serving', 'fixtures');

const INPUTS: ModelSignature['inputs'] = [
  { name: 'distance', datatype: 'INT64' },
  { name: 'origin', datatype: 'BYTES' },
];
/** Signature of the classifiers `delay-v1` and `delay-v2`. */
export const CLASSIFIER: ModelSignature = { inputs: INPUTS, score: { output: 'probabilities', column: 1 } };
/** Signature of `raises` and `slow`. */
export const PLAIN: ModelSignature = { inputs: INPUTS, score: { output: 'score', column: 0 } };

/** A model server in this process that follows the lineage owner. */
export interface ServingEnvironment {
  url: string;
  close(): Promise<void>;
}

export async function startServing({ lineageUrl, dataDir }: MillraceEnvironment): Promise<ServingEnvironment> {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    running = runModelServer({
      lineageUrl,
      dataDir,
      stores,
      logger: pino({ level: process.env.MILLRACE_LOG_LEVEL ?? 'silent' }),
      signal: stop.signal,
      onReady: (ready) => resolve(ready.url),
    });
    running.catch(reject);
  });
  return {
    url,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Packages a graph and gives it a version number, as a pipeline does: by the store and by records. */
export async function registerModel(
  { lineage, dataDir }: MillraceEnvironment,
  model: string,
  graph: Uint8Array,
  signature: ModelSignature,
): Promise<ModelVersionRef> {
  const outputDir = await mkdtemp(join(tmpdir(), 'millrace-model-'));
  try {
    await writeFile(join(outputDir, 'model.onnx'), graph);
    const { ref } = await packageModel({
      store: defaultStore(stores, dataDir),
      model,
      output: { signature, parity: { score: 'score' } },
      outputDir,
    });
    const [result] = await lineage.record([
      {
        kind: 'model_registered',
        key: `test/${model}/${ref.digest}`,
        at: '2001-03-01T00:00:00.000Z',
        runId: 'test',
        step: 'register',
        ref,
      },
    ]);
    if (result?.modelVersion === undefined) throw new Error(`${model} got no version number`);
    return { ...ref, version: result.modelVersion };
  } finally {
    await rm(outputDir, { recursive: true });
  }
}

/** An answer that a client saw. */
export interface Answer {
  status: number;
  arm: 'stable' | 'canary' | undefined;
  version: string | undefined;
  generation: number | undefined;
}

/** Clients of an endpoint that ask at a steady rate. */
export interface Traffic {
  /** Every answer so far, in order. */
  readonly answers: readonly Answer[];
  /** Stops asking, and waits for the answers that are due. */
  stop(): Promise<void>;
}

/** Most requests under way: a server that hangs is not buried. */
const MOST_UNDER_WAY = 50;
const TICK_MS = 20;

export function startTraffic(url: string, endpoint: string, perSecond = 200): Traffic {
  const answers: Answer[] = [];
  const underWay = new Set<Promise<void>>();
  const timer = setInterval(() => {
    for (let request = 0; request < (perSecond * TICK_MS) / 1000 && underWay.size < MOST_UNDER_WAY; request++) {
      const asked = ask(url, endpoint).then((answer) => {
        answers.push(answer);
        underWay.delete(asked);
      });
      underWay.add(asked);
    }
  }, TICK_MS);
  return {
    answers,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

/** One request. A connection that breaks is a status of 0: a client would see it as a failure. */
export async function ask(url: string, endpoint: string): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v2/models/${endpoint}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        inputs: [
          { name: 'distance', datatype: 'INT64', shape: [1], data: [500] },
          { name: 'origin', datatype: 'BYTES', shape: [1], data: ['JFK'] },
        ],
      }),
    });
    const body = (await response.json()) as {
      model_version?: string;
      parameters?: { arm: Answer['arm']; generation: number };
    };
    return {
      status: response.status,
      arm: body.parameters?.arm,
      version: body.model_version,
      generation: body.parameters?.generation,
    };
  } catch {
    return { status: 0, arm: undefined, version: undefined, generation: undefined };
  }
}

/** Waits for a state of an endpoint that satisfies the condition, and gives it. */
export async function endpointWhere(
  { lineage }: MillraceEnvironment,
  endpoint: string,
  condition: (state: EndpointState) => boolean,
): Promise<EndpointState> {
  return until(async () => {
    const state = await lineage.endpoint(endpoint);
    return state !== null && condition(state) && state;
  });
}
