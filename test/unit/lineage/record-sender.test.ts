import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createLineageClient } from '../../../engine/lineage/index.js';
import { sendHttp } from '../../../engine/lineage/http-send.js';
import type { Fetch } from '../../../schemas/lineage-request.js';
import type { LineageRecord } from '../../../schemas/index.js';
import { runStarted, stepFinished } from './story.js';
import { errorOf, withOwner } from './support.js';

/** A sender that notes the path and the number of calls of each message. */
function watched(send: Fetch): { fetch: Fetch; messages: { path: string; calls: number }[] } {
  const messages: { path: string; calls: number }[] = [];
  const fetch: Fetch = (url, init) => {
    const body = JSON.parse(init.body ?? '{}') as { requests?: unknown[] };
    messages.push({ path: new URL(url).pathname, calls: body.requests?.length ?? 1 });
    return send(url, init);
  };
  return { fetch, messages };
}

/** An owner that finds everything recorded. */
const accepting: Fetch = async (_, { body = '' }) => {
  const answer = ({ records }: { records: LineageRecord[] }) => ({
    results: records.map(({ key }) => ({ key, status: 'recorded' })),
  });
  const sent = JSON.parse(body) as { records: LineageRecord[]; requests?: { records: LineageRecord[] }[] };
  const value = sent.requests === undefined ? answer(sent) : { outcomes: sent.requests.map(answer) };
  return { status: 200, text: async () => JSON.stringify(value) };
};

const filled = (runId: string, characters: number): LineageRecord => ({
  ...runStarted(runId, 'p'),
  specification: { filler: 'x'.repeat(characters) },
});

describe('what one client records side by side', () => {
  it('goes in few messages, each call committed or refused by itself', async () => {
    await withOwner(async (_, url) => {
      const { fetch, messages } = watched(sendHttp);
      const client = createLineageClient({ url, fetch });
      await client.record([runStarted('known', 'p')]);
      const calls = Array.from({ length: 60 }, (_call, index): LineageRecord[] => {
        const records = [runStarted(`run-${index}`, 'p'), stepFinished(`run-${index}`, 'raw', 'ingest', [])];
        if (index === 10) return [...records, { ...runStarted('bad', 'p'), pipeline: 'Not A Name' }];
        if (index === 20) return [...records, { ...runStarted('known', 'another') }];
        return records;
      });
      const outcomes = await Promise.allSettled(calls.map((records) => client.record(records)));
      outcomes.forEach((outcome, index) => {
        if (index === 10) {
          const reason = { code: 'INPUT_INVALID', problems: [{ path: 'records[2].pipeline' }] };
          expect(outcome).toMatchObject({ status: 'rejected', reason });
        } else if (index === 20)
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LINEAGE_CONFLICT' } });
        else {
          const value = calls[index]?.map(({ key }) => ({ key, status: 'recorded' }));
          expect(outcome).toEqual({ status: 'fulfilled', value });
        }
      });
      expect((await client.health()).records).toBe(1 + 58 * 2);
      const posts = messages.filter(({ path }) => path.startsWith('/api/v1/records'));
      expect(posts.reduce((sum, { calls: count }) => sum + count, 0)).toBe(61);
      expect(posts.length).toBeLessThanOrEqual(4);
    });
  });

  it('fails together when no owner answers, within one time-out', async () => {
    const { fetch, messages } = watched(
      (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const client = createLineageClient({ url: 'http://127.0.0.1:1', timeoutMs: 100, fetch });
    const calls = Array.from({ length: 50 }, (_, index) => errorOf(client.record([runStarted(`run-${index}`, 'p')])));
    expect(new Set(await Promise.all(calls))).toEqual(
      new Set(['LINEAGE_UNREACHABLE: http://127.0.0.1:1: did not answer within 100 ms']),
    );
    expect(messages).toHaveLength(2);
  });

  it('is kept to messages of a thousand records and four million characters', async () => {
    const { fetch, messages } = watched(accepting);
    const client = createLineageClient({ url: 'http://owner', fetch });
    const many = (runId: string) => Array.from({ length: 400 }, (_, index) => filled(`${runId}-${index}`, 1));
    const calls = [
      ...['a', 'b'].map((runId) => [filled(runId, 1)]), // go at once
      ...['c', 'd', 'e', 'f'].map(many), // 400 records each
      ...['g', 'h', 'i'].map((runId) => [filled(runId, 1_500_000)]),
      [filled('j', 9_000_000)], // alone, however large
    ];
    const results = await Promise.all(calls.map((records) => client.record(records)));
    expect(results.map((result) => result.map(({ key }) => key))).toEqual(
      calls.map((records) => records.map(({ key }) => key)),
    );
    expect(messages.map(({ calls: count }) => count)).toEqual([1, 1, 2, 4, 1, 1]);
  });
});

describe('a connection that is kept', () => {
  async function withServer(listener: RequestListener, work: (url: string, sockets: Set<Socket>) => Promise<void>) {
    const server = createServer(listener);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
  const health = JSON.stringify({ status: 'ok', schemaVersion: 1, records: 0 });

  it('is used again, and replaced when the owner let go of it as it was used', async () => {
    let requests = 0;
    const listener: RequestListener = (request, response) => {
      requests += 1;
      if (requests === 4) request.socket.destroy();
      else response.end(health);
    };
    await withServer(listener, async (url, sockets) => {
      const client = createLineageClient({ url });
      for (let count = 0; count < 3; count += 1) await client.health();
      expect(sockets.size).toBe(1);
      expect(await client.health()).toMatchObject({ status: 'ok' });
      expect(requests).toBe(5);
    });
  });

  it('is an owner that cannot be reached when it ends, or stands still, in the middle of an answer', async () => {
    const begun: RequestListener = (request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{');
      if (request.url?.endsWith('/models') === true) setTimeout(() => request.socket.destroy(), 20);
    };
    await withServer(begun, async (url) => {
      const client = createLineageClient({ url, timeoutMs: 300 });
      expect(await errorOf(client.models())).toMatch(/^LINEAGE_UNREACHABLE: .*(aborted|hang up)/);
      expect(await errorOf(client.health())).toMatch(/^LINEAGE_UNREACHABLE: .*did not answer within 300 ms/);
    });
  });
});
