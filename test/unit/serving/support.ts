import { join } from 'node:path';
import { type ModelServer, type ModelServerOptions, startModelServer } from '../../../engine/serving/index.js';
import type { EndpointState, ModelServerStatus, ModelSignature, ModelVersionRef } from '../../../schemas/index.js';
import { until } from '../../support/until.js';

const FIXTURES = join(__dirname, 'fixtures');

const INPUTS: ModelSignature['inputs'] = [
  { name: 'distance', datatype: 'INT64' },
  { name: 'origin', datatype: 'BYTES' },
];
const CLASSIFIER: ModelSignature = { inputs: INPUTS, score: { output: 'probabilities', column: 1 } };
const PLAIN: ModelSignature = { inputs: INPUTS, score: { output: 'score', column: 0 } };

/** Signatures of the fixtures by name of the file. */
export const SIGNATURES: Record<string, ModelSignature> = {
  'delay-v1': CLASSIFIER,
  'delay-v2': CLASSIFIER,
  'delay-distance-only': { ...CLASSIFIER, inputs: INPUTS.slice(0, 1) },
  raises: PLAIN,
  slow: PLAIN,
  'not-a-number': PLAIN,
};

export function modelPath(name: string): string {
  return join(FIXTURES, `${name}.onnx`);
}

/** Version of the model `delay` whose graph is a fixture; the digest tells the versions apart. */
export function versionRef(fixture: string, version: number): ModelVersionRef {
  const digest = version.toString(16).padStart(64, '0');
  return { model: 'delay', digest, uri: `fixture:${fixture}`, bytes: 1, version };
}

export function endpointState(state: Partial<EndpointState> & { generation: number }): EndpointState {
  return {
    endpoint: 'delay',
    stable: null,
    canary: null,
    canaryWeight: 0,
    changedAt: '2001-03-01T00:00:00Z',
    reason: 'test',
    ...state,
  };
}

/** Loads fixtures; the name of the file is in the reference. */
export const loadFixture: ModelServerOptions['loadModel'] = async (ref) => {
  const name = ref.uri.replace('fixture:', '');
  return { modelPath: modelPath(name), signature: SIGNATURES[name] ?? PLAIN };
};

/** The fields of all answers; each answer has some of them. */
export interface AnswerBody {
  error: string;
  code: string;
  id: string;
  ready: boolean;
  model_name: string;
  model_version: string;
  parameters: { arm: string; generation: number; model_digest: string };
  outputs: { name: string; datatype: string; shape: number[]; data: number[] }[];
  serverId: string;
  endpoints: ModelServerStatus['endpoints'];
}

export interface TestAnswer {
  status: number;
  text: string;
  body: AnswerBody;
}

export interface TestServer extends ModelServer {
  /** What the owner says; to be changed at will. An Error stands for an owner that does not answer. */
  owner: { states: EndpointState[] | Error; polls: number };
  get(path: string): Promise<TestAnswer>;
  post(path: string, body: unknown): Promise<TestAnswer>;
  /** Sets a state and waits until it is in force, or until it could not be put in force. */
  follow(state: EndpointState): Promise<void>;
}

/** A model server on a free port whose endpoints the test sets. */
export async function startTestServer(
  states: EndpointState[],
  options: Partial<ModelServerOptions> = {},
): Promise<TestServer> {
  const owner: TestServer['owner'] = { states, polls: 0 };
  const source = {
    endpoints: async () => {
      owner.polls += 1;
      if (owner.states instanceof Error) throw owner.states;
      return owner.states;
    },
  };
  const server = await startModelServer({ source, loadModel: loadFixture, pollMs: 10, ...options });
  const get = async (path: string) => answerOf(await fetch(`${server.url}${path}`));
  const post = async (path: string, body: unknown) =>
    answerOf(
      await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
  const settled = async (state: EndpointState): Promise<void> => {
    await until(async () => {
      const { body } = await get('/stats');
      const endpoint = body.endpoints.find((each) => each.endpoint === state.endpoint);
      return endpoint?.generation === state.generation || endpoint?.failedGeneration === state.generation;
    });
  };
  for (const state of states) await settled(state);
  return {
    ...server,
    owner,
    get,
    post,
    follow: async (state) => {
      const others = Array.isArray(owner.states) ? owner.states.filter((each) => each.endpoint !== state.endpoint) : [];
      owner.states = [...others, state];
      await settled(state);
    },
  };
}

/** An inference request for rows of distance and origin. */
export function inferBody(distances: number[], parameters?: object): object {
  return {
    ...(parameters === undefined ? {} : { parameters }),
    inputs: [
      { name: 'distance', datatype: 'INT64', shape: [distances.length], data: distances },
      { name: 'origin', datatype: 'BYTES', shape: [distances.length, 1], data: distances.map(() => 'JFK') },
    ],
  };
}

async function answerOf(response: Response): Promise<TestAnswer> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, text, body: (json ? JSON.parse(text) : {}) as AnswerBody };
}
