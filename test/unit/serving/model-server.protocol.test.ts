import { modelServerStatusSchema } from '../../../schemas/index.js';
import { endpointState, inferBody, startTestServer, type TestServer, versionRef } from './support.js';

const STABLE = versionRef('delay-v1', 1);
const CANARY = versionRef('delay-v2', 2);

/** What scikit-learn itself says; printed by fixtures/build-models.py. */
const SCIKIT_LEARN = [0.29425713217954996, 0.7214215343077397, 0.9132724861739946];

describe('the Open Inference Protocol', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer([
      endpointState({ generation: 4, stable: STABLE, canary: CANARY, canaryWeight: 50 }),
      endpointState({ endpoint: 'retired', generation: 9 }),
    ]);
  });
  afterAll(() => server.close());

  it('answers with the scores that the trainer’s own library gives', async () => {
    const body = {
      id: 'request-1',
      inputs: [
        { name: 'distance', datatype: 'INT64', shape: [3, 1], data: [200, 1500, 2400] },
        { name: 'origin', datatype: 'BYTES', shape: [3], data: ['ATL', 'JFK', 'ORD'] },
      ],
    };
    const answer = await server.post('/v2/models/delay/versions/1/infer', body);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        model_name: 'delay',
        model_version: '1',
        id: 'request-1',
        parameters: { arm: 'stable', generation: 4, model_digest: STABLE.digest },
        outputs: [{ name: 'score', datatype: 'FP32', shape: [3] }],
      },
    });
    answer.body.outputs[0]!.data.forEach((score, row) => expect(score).toBeCloseTo(SCIKIT_LEARN[row]!, 6));
  });

  it.each([
    ['that of forms, as curl says', 'application/x-www-form-urlencoded', inferBody([500]), 200],
    ['none', undefined, inferBody([500]), 200],
    ['that of bytes, as binary tensors have', 'application/octet-stream', '\x01\x02', 400],
  ])('reads JSON whatever type the request names: %s', async (_, type, body, status) => {
    const answer = await fetch(`${server.url}/v2/models/delay/infer`, {
      method: 'POST',
      // Bytes, since fetch names a type for text by itself.
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      headers: type === undefined ? {} : { 'content-type': type },
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject(
      status === 200 ? { outputs: [{ name: 'score' }] } : { code: 'INPUT_INVALID' },
    );
  });

  it('splits the traffic, and answers each key with the same version again', async () => {
    const ask = async (key: string): Promise<string> => {
      const { body } = await server.post('/v2/models/delay/infer', inferBody([500], { entity_key: key }));
      return `${body.parameters.arm} ${body.model_version}`;
    };
    const keys = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    const first = await Promise.all(keys.map(ask));
    expect(new Set(first)).toEqual(new Set(['stable 1', 'canary 2']));
    expect(await Promise.all(keys.map(ask))).toEqual(first);
  });

  it('gives everybody their own scores when requests go as one batch', async () => {
    const distances = Array.from({ length: 300 }, (_, index) => 100 + index * 7);
    const ask = async (rows: number[]): Promise<number[]> => {
      const { body } = await server.post('/v2/models/delay/versions/1/infer', inferBody(rows));
      return body.outputs[0]!.data;
    };
    const together = await ask(distances);
    const alone = await Promise.all(distances.map((distance) => ask([distance])));
    alone.flat().forEach((score, index) => expect(score).toBeCloseTo(together[index]!, 6));
    const { text } = await server.get('/metrics');
    const metric = (name: string): number => Number(new RegExp(`${name}{[^}]*version="1"} (\\d+)`).exec(text)?.[1]);
    expect(metric('millrace_inference_batch_requests_count')).toBeLessThan(
      metric('millrace_inference_batch_requests_sum'),
    );
  });

  it('tells about the server and its models', async () => {
    expect(await server.get('/v2')).toMatchObject({
      status: 200,
      body: { name: 'millrace', extensions: expect.any(Array) },
    });
    expect(await server.get('/v2/')).toMatchObject({ status: 200 });
    expect(await server.get('/v2/health/live')).toMatchObject({ status: 200, body: { live: true } });
    expect(await server.get('/v2/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await server.get('/v2/models/delay/ready')).toMatchObject({
      status: 200,
      body: { name: 'delay', ready: true },
    });
    expect(await server.get('/v2/models/delay/versions/2/ready')).toMatchObject({ status: 200 });
    expect(await server.get('/v2/models/delay/versions/3/ready')).toMatchObject({
      status: 503,
      body: { ready: false },
    });
    const metadata = {
      name: 'delay',
      versions: ['1', '2'],
      platform: 'onnx_onnxv1',
      inputs: [
        { name: 'distance', datatype: 'INT64', shape: [-1, 1] },
        { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [{ name: 'score', datatype: 'FP32', shape: [-1] }],
    };
    expect((await server.get('/v2/models/delay')).body).toEqual(metadata);
    expect((await server.get('/v2/models/delay/versions/2')).body).toEqual(metadata);
    expect((await server.post('/v2/repository/index', {})).body).toEqual([
      { name: 'delay', version: '1', state: 'READY', reason: 'stable' },
      { name: 'delay', version: '2', state: 'READY', reason: 'canary' },
      { name: 'retired', state: 'UNAVAILABLE', reason: 'retired' },
    ]);
  });

  it.each<[string, string, unknown, number, string]>([
    ['an unknown endpoint', '/v2/models/prices/infer', inferBody([1]), 404, 'ENDPOINT_UNKNOWN'],
    ['an unknown version', '/v2/models/delay/versions/7/infer', inferBody([1]), 404, 'MODEL_NOT_FOUND'],
    [
      'an endpoint without a stable version',
      '/v2/models/retired/infer',
      inferBody([1]),
      503,
      'MODEL_SERVER_UNAVAILABLE',
    ],
    [
      'a tensor too few',
      '/v2/models/delay/infer',
      { inputs: [{ name: 'distance', datatype: 'INT64', shape: [1], data: [1] }] },
      400,
      'INPUT_INVALID',
    ],
    ['too many rows', '/v2/models/delay/infer', inferBody(new Array<number>(10_001).fill(1)), 400, 'INPUT_INVALID'],
    ['broken JSON', '/v2/models/delay/infer', '{"inputs": [', 400, 'INPUT_INVALID'],
    ['a body that is too large', '/v2/models/delay/infer', `"${'x'.repeat(17_000_000)}"`, 413, 'INPUT_INVALID'],
    ['an unknown address', '/v2/nothing', {}, 404, 'NOT_FOUND'],
  ])('answers %s with an error and its code', async (_name, path, body, status, code) => {
    expect(await server.post(path, body)).toMatchObject({ status, body: { error: expect.any(String), code } });
  });

  it('counts what the split sends, but not what names a version or does not fit', async () => {
    const counts = async (): Promise<{ requests: number; buckets: number }> => {
      const status = modelServerStatusSchema.parse((await server.get('/stats')).body);
      const arms = status.endpoints.find((endpoint) => endpoint.endpoint === 'delay')!.statistics;
      return {
        requests: arms.reduce((sum, arm) => sum + arm.requests, 0),
        buckets: arms.flatMap((arm) => arm.latency.counts).reduce((sum, count) => sum + count, 0),
      };
    };
    const before = await counts();
    await server.post('/v2/models/delay/infer', inferBody([1]));
    await server.post('/v2/models/delay/infer', inferBody([1]));
    await server.post('/v2/models/delay/versions/2/infer', inferBody([1]));
    await server.post('/v2/models/delay/infer', { inputs: [] });
    await server.post('/v2/models/delay/infer', {
      inputs: [{ name: 'x', datatype: 'BOOL', shape: [1], data: [true] }],
    });
    expect(await counts()).toEqual({ requests: before.requests + 2, buckets: before.buckets + 2 });
    const { text } = await server.get('/metrics');
    expect(text).toContain(
      'millrace_inference_requests_total{endpoint="delay",version="2",arm="explicit",outcome="ok"}',
    );
    expect(text).toMatch(/millrace_inference_rejected_total{endpoint="delay"} [1-9]/);
    expect(text).toContain('millrace_endpoint_generation{endpoint="delay"} 4');
    expect(text).toContain('millrace_endpoint_canary_weight_percent{endpoint="delay"} 50');
  });
});
