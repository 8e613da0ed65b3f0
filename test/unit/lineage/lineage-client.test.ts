import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLineageClient, type LineageClient } from '../../../engine/lineage/index.js';
import type { LineageRecord } from '../../../schemas/index.js';
import { runStarted, stepFinished } from './story.js';
import { errorOf, withOwner } from './support.js';

/** Runs with a client of a server that is not a lineage owner. */
async function withServer<T>(listener: RequestListener, work: (client: LineageClient) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await work(createLineageClient({ url, timeoutMs: 200 }));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('the lineage client', () => {
  it('lets eight clients write at once, each record once, answers in the order of the request', async () => {
    await withOwner(async (_, url) => {
      const requests = await Promise.all(
        Array.from({ length: 8 }, async (_client, index) => {
          const client = createLineageClient({ url });
          for (let count = 0; count < 25; count += 1) {
            // Half of the runs are written by two clients each, as when a local activity and its substitute both do.
            const runId = `run-${count % 2 === 0 ? index : index % 4}-${count}`;
            const records: LineageRecord[] = [runStarted(runId, 'p'), stepFinished(runId, 'raw', 'ingest', [])];
            const results = await client.record(records);
            expect(results.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
          }
          return 25;
        }),
      );
      expect(requests).toHaveLength(8);
      const client = createLineageClient({ url });
      const runs = 13 * 8 + 12 * 4;
      expect((await client.health()).records).toBe(2 * runs);
      expect(await client.runs({ limit: 1000 })).toHaveLength(runs);
    });
  });

  it('gives the owner’s errors back by code, with their problems', async () => {
    await withOwner(async (client) => {
      const invalid = { ...runStarted('run-1', 'p'), pipeline: 'Not A Name' };
      await expect(client.record([invalid])).rejects.toMatchObject({
        name: 'MillraceError',
        code: 'INPUT_INVALID',
        retryable: false,
        problems: [{ path: 'records[0].pipeline' }],
      });
      expect(await errorOf(client.run('nobody'))).toBe('NOT_FOUND: no run has the id nobody');
      expect(await errorOf(client.graph('nothing'))).toBe('NOT_FOUND: nothing on record is called nothing');
    });
  });

  it('does not take a name for a part of the path', async () => {
    await withOwner(async (client) => {
      expect(await errorOf(client.run('a/quality'))).toBe('NOT_FOUND: no run has the id a/quality');
      expect(await errorOf(client.run('a?b=c#d%2f'))).toBe('NOT_FOUND: no run has the id a?b=c#d%2f');
    });
  });

  it.each<[string, RequestListener, RegExp]>([
    ['never answers', () => undefined, /did not answer within 200 ms/],
    ['hangs up', (request) => request.socket.destroy(), /LINEAGE_UNREACHABLE/],
    ['is a proxy without an owner', (_, response) => response.writeHead(502).end('Bad Gateway'), /502: Bad Gateway/],
    ['is something else', (_, response) => response.end('<html>'), /something else than a lineage owner/],
    ['is of another make', (_, response) => response.end('{"status":"fine"}'), /something else than a lineage owner/],
  ])('finds the owner unreachable where a server %s', async (_, listener, message) => {
    await withServer(listener, async (client) => {
      const error = await errorOf(client.health());
      expect(error).toMatch(/^LINEAGE_UNREACHABLE: http:\/\/127/);
      expect(error).toMatch(message);
    });
  });

  it('finds the owner unreachable where nothing listens', async () => {
    const client = createLineageClient({ url: 'http://127.0.0.1:1/' });
    await expect(client.endpoint('flight-delays')).rejects.toMatchObject({
      code: 'LINEAGE_UNREACHABLE',
      retryable: true,
      message: expect.stringMatching(/^http:\/\/127.0.0.1:1: /),
    });
  });

  it('says so when a newer owner answers with a code that is not in its table', async () => {
    const body = { error: { code: 'FLOOD', message: 'water', remedy: 'pump', problems: [] } };
    await withServer(
      (_, response) => response.writeHead(500).end(JSON.stringify(body)),
      async (client) => {
        expect(await errorOf(client.health())).toBe('INTERNAL: the lineage owner answered FLOOD: water');
      },
    );
  });
});
