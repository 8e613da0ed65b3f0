import { chooseArm } from '../../../engine/serving/index.js';
import { endpointState, inferBody, startTestServer, type TestServer, versionRef } from './support.js';

const STABLE = versionRef('delay-v1', 1);

/** A server whose canary has all the traffic. */
function withCanary(fixture: string, options: { stable?: string; canaryTimeoutMs?: number } = {}): Promise<TestServer> {
  const { stable = 'delay-v1', ...rest } = options;
  const canary = versionRef(fixture, 2);
  return startTestServer(
    [endpointState({ generation: 1, stable: versionRef(stable, 1), canary, canaryWeight: 100 })],
    rest,
  );
}

async function armCounts(server: TestServer): Promise<Record<string, { requests: number; errors: number }>> {
  const { body } = await server.get('/stats');
  return Object.fromEntries(
    body.endpoints[0]!.statistics.map(({ arm, requests, errors }) => [arm, { requests, errors }]),
  );
}

const infer = (server: TestServer, distance: number) => server.post('/v2/models/delay/infer', inferBody([distance]));

describe('a canary', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  it('that raises is replaced by the stable version, and the error is the canary’s', async () => {
    server = await withCanary('raises');
    expect(await infer(server, 5)).toMatchObject({ status: 200, body: { parameters: { arm: 'canary' } } });
    expect(await infer(server, 500)).toMatchObject({
      status: 200,
      body: { model_version: '1', parameters: { arm: 'stable', model_digest: STABLE.digest } },
    });
    // The fallback is not held for or against the stable version: it is no random part of the traffic.
    expect(await armCounts(server)).toEqual({
      canary: { requests: 2, errors: 1 },
      stable: { requests: 0, errors: 0 },
    });
    expect((await server.get('/metrics')).text).toContain('arm="fallback",outcome="ok"} 1');
  });

  it('fails only on the request at fault when several go as one batch', async () => {
    server = await withCanary('raises');
    const answers = await Promise.all([1, 500, 2, 3, 600, 4, 5, 6].map((distance) => infer(server!, distance)));
    expect(answers.map(({ body }) => body.parameters.arm)).toEqual([
      'canary',
      'stable',
      'canary',
      'canary',
      'stable',
      'canary',
      'canary',
      'canary',
    ]);
    expect(await armCounts(server)).toMatchObject({ canary: { requests: 8, errors: 2 } });
  });

  it('that scores NaN is replaced by the stable version', async () => {
    server = await withCanary('not-a-number');
    expect(await infer(server, -5)).toMatchObject({ status: 200, body: { parameters: { arm: 'stable' } } });
    expect(await armCounts(server)).toMatchObject({ canary: { errors: 1 } });
  });

  it('that exceeds its time is replaced by the stable version, and delays no other request', async () => {
    server = await withCanary('slow', { canaryTimeoutMs: 50 });
    // The canary multiplies matrices for about a second; the stable version answers all the while.
    const answers = await Promise.all([50_000, 1, 2, 3].map((distance) => infer(server!, distance)));
    expect(answers.map(({ status, body }) => [status, body.parameters.arm])).toEqual(
      new Array<unknown>(4).fill([200, 'stable']),
    );
    expect(await armCounts(server)).toMatchObject({ canary: { requests: 4, errors: 4 } });
    expect((await server.get('/metrics')).text).toContain('arm="canary",outcome="timeout"} 4');
  });

  it('that is slow delays no request that the stable version answers', async () => {
    const canary = versionRef('slow', 2);
    server = await startTestServer([endpointState({ generation: 1, stable: STABLE, canary, canaryWeight: 50 })], {
      canaryTimeoutMs: 60_000,
    });
    const keyOf = (arm: string): string =>
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].find(
        (entityKey) => chooseArm({ endpoint: 'delay', weight: 50, entityKey, random: 0 }) === arm,
      )!;
    const ask = (arm: string, distance: number) =>
      server!.post('/v2/models/delay/infer', inferBody([distance], { entity_key: keyOf(arm) }));
    let slowIsDone = false;
    const slow = ask('canary', 50_000).finally(() => (slowIsDone = true));
    for (let request = 0; request < 5; request += 1) {
      expect((await ask('stable', 500)).body.parameters.arm).toBe('stable');
      expect(slowIsDone).toBe(false);
    }
    expect((await slow).body.parameters.arm).toBe('canary');
  });

  it('with other inputs is replaced by the stable version for requests that do not fit it', async () => {
    server = await withCanary('delay-distance-only');
    expect(await infer(server, 500)).toMatchObject({ status: 200, body: { parameters: { arm: 'stable' } } });
    expect(await armCounts(server)).toMatchObject({ canary: { requests: 1, errors: 1 } });
  });

  it('is not blamed for requests that fit neither version', async () => {
    server = await withCanary('delay-distance-only');
    const answer = await server.post('/v2/models/delay/infer', {
      inputs: [{ name: 'weather', datatype: 'BYTES', shape: [1], data: ['rain'] }],
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID' } });
    expect(await armCounts(server)).toMatchObject({ canary: { requests: 0, errors: 0 } });
  });

  it('lets the client see an error only if the stable version fails as well', async () => {
    server = await withCanary('raises', { stable: 'raises' });
    const answer = await infer(server, 500);
    expect(answer).toMatchObject({ status: 500, body: { code: 'INFERENCE_FAILED' } });
    expect(answer.body.error).toContain('out of data bounds');
  });
});
