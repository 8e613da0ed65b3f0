import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadableModel } from '../../../engine/serving/index.js';
import type { ModelServerStatus } from '../../../schemas/index.js';
import {
  endpointState,
  inferBody,
  loadFixture,
  SIGNATURES,
  startTestServer,
  type TestServer,
  versionRef,
} from './support.js';
import { until } from '../../support/until.js';

const V1 = versionRef('delay-v1', 1);
const V2 = versionRef('delay-v2', 2);
const infer = (server: TestServer, distance = 500) => server.post('/v2/models/delay/infer', inferBody([distance]));
const loadedVersions = async (server: TestServer): Promise<number> =>
  Number(/millrace_model_server_loaded_versions (\d+)/.exec((await server.get('/metrics')).text)?.[1]);

describe('a model server', () => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('follows a release from its first version to the promotion of the next', async () => {
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })]);
    expect((await infer(server)).body).toMatchObject({
      model_version: '1',
      parameters: { arm: 'stable', generation: 1 },
    });
    await server.follow(endpointState({ generation: 2, stable: V1, canary: V2, canaryWeight: 100 }));
    expect((await infer(server)).body).toMatchObject({
      model_version: '2',
      parameters: { arm: 'canary', generation: 2 },
    });
    expect(await loadedVersions(server)).toBe(2);
    await server.follow(endpointState({ generation: 3, stable: V2 }));
    expect((await infer(server)).body).toMatchObject({
      model_version: '2',
      parameters: { arm: 'stable', generation: 3 },
    });
    expect(await loadedVersions(server)).toBe(1);
    await server.follow(endpointState({ generation: 4 }));
    expect(await infer(server)).toMatchObject({ status: 503, body: { code: 'MODEL_SERVER_UNAVAILABLE' } });
    expect(await loadedVersions(server)).toBe(0);
  });

  it('loses no request while versions change', async () => {
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })]);
    let asking = true;
    const statuses: number[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (asking) statuses.push((await infer(server!)).status);
    });
    for (let generation = 2; generation <= 7; generation += 1) {
      await server.follow(endpointState({ generation, stable: generation % 2 === 0 ? V2 : V1 }));
    }
    asking = false;
    await Promise.all(clients);
    expect(statuses.length).toBeGreaterThan(6);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('answers a request that is under way with the version it began with', async () => {
    const slow = versionRef('slow', 5);
    server = await startTestServer([endpointState({ generation: 1, stable: slow })]);
    const underWay = infer(server, 20_000);
    await delay(50);
    await server.follow(endpointState({ generation: 2, stable: V1 }));
    expect(await underWay).toMatchObject({ status: 200, body: { model_version: '5', parameters: { generation: 1 } } });
    await until(async () => (await loadedVersions(server!)) === 1);
  });

  const CLASSIFIER = SIGNATURES['delay-v2']!;
  it.each<[string, Partial<LoadableModel>, RegExp]>([
    ['does not exist', { modelPath: '/nowhere/model.onnx' }, /^MODEL_UNLOADABLE: delay version 2: .*model.onnx/],
    [
      'lacks an input',
      { signature: SIGNATURES['delay-distance-only']! },
      /the graph’s input origin is not in the signature/,
    ],
    [
      'has inputs of other types',
      {
        signature: {
          ...CLASSIFIER,
          inputs: [
            { name: 'distance', datatype: 'FP32' },
            { name: 'origin', datatype: 'BYTES' },
          ],
        },
      },
      /input distance is int64 in the graph, FP32 in the signature/,
    ],
    [
      'lacks the output',
      { signature: { ...CLASSIFIER, score: { output: 'score', column: 0 } } },
      /the graph has no output score; it has label, probabilities/,
    ],
    [
      'lacks the column',
      { signature: { ...CLASSIFIER, score: { output: 'probabilities', column: 2 } } },
      /there is no column 2/,
    ],
  ])('keeps the state in force when a graph %s, and says so', async (_name, wrong, message) => {
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })], {
      loadModel: async (ref) => ({ ...(await loadFixture(ref)), ...(ref.version === 2 ? wrong : {}) }),
    });
    await server.follow(endpointState({ generation: 2, stable: V1, canary: V2, canaryWeight: 100 }));
    const [endpoint] = (await server.get('/stats')).body.endpoints;
    expect(endpoint).toMatchObject({
      generation: 1,
      ready: true,
      failedGeneration: 2,
      error: expect.stringMatching(message),
    });
    expect((await infer(server)).body).toMatchObject({ model_version: '1', parameters: { generation: 1 } });
    await server.follow(endpointState({ generation: 3, stable: V1 }));
    expect((await server.get('/stats')).body.endpoints[0]).toMatchObject({ generation: 3, error: null });
  });

  it('refuses a file that is no model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-serving-'));
    const modelPath = join(folder, 'model.onnx');
    writeFileSync(modelPath, 'not a model');
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })], {
      loadModel: async (ref) => ({ ...(await loadFixture(ref)), modelPath }),
    });
    expect(await server.get('/v2/health/ready')).toMatchObject({ status: 503, body: { ready: false } });
    expect(await infer(server)).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('MODEL_UNLOADABLE') },
    });
    await rm(folder, { recursive: true });
  });

  it('keeps serving while the owner does not answer, or has forgotten the endpoint', async () => {
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })]);
    for (const states of [new Error('connection refused'), []]) {
      server.owner.states = states;
      const { polls } = server.owner;
      await until(() => server!.owner.polls > polls + 2);
      expect(await infer(server)).toMatchObject({ status: 200, body: { model_version: '1' } });
    }
    await server.follow(endpointState({ generation: 2, stable: V2 }));
    expect((await infer(server)).body.model_version).toBe('2');
  });

  it('is not ready before the owner has answered once', async () => {
    server = await startTestServer([]);
    await until(async () => (await server!.get('/v2/health/ready')).status === 200);
    await server.close();
    server = await startTestServer([], { source: { endpoints: () => Promise.reject(new Error('no answer')) } });
    expect((await server.get('/v2/health/ready')).status).toBe(503);
  });

  it('reports each change, and goes on when a report fails', async () => {
    const reports: ModelServerStatus[] = [];
    server = await startTestServer([endpointState({ generation: 1, stable: V1 })], {
      report: async (status) => {
        reports.push(status);
        throw new Error('no answer');
      },
    });
    const reported = (generation: number) => until(() => reports.at(-1)?.endpoints[0]?.generation === generation);
    await reported(1);
    await server.follow(endpointState({ generation: 2, stable: V1, canary: V2, canaryWeight: 5 }));
    await reported(2);
    expect(reports.at(-1)).toMatchObject({ serverId: server.serverId, url: server.url });
  });

  it('answers the requests in flight when it is closed', async () => {
    server = await startTestServer([endpointState({ generation: 1, stable: versionRef('slow', 5) })]);
    const underWay = infer(server, 20_000);
    await delay(50);
    await server.close();
    expect((await underWay).status).toBe(200);
    await expect(infer(server)).rejects.toThrow('fetch failed');
  });

  it('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startTestServer([], { port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await new Promise((resolve) => other.close(resolve));
  });
});
