import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { startLineageOwner } from '../../engine/lineage/index.js';
import { createSecrets } from '../../engine/secrets.js';
import { startModelServer } from '../../engine/serving/index.js';
import { startWebhookServer } from '../../engine/triggers/index.js';
import { until } from '../support/until.js';
import { withDatabasePath } from './lineage/support.js';

type Limits = { requestTimeoutMs?: number; maxConnections?: number };
interface Server {
  url: string;
  close(): Promise<void>;
}

/** The three that listen to whoever reaches them, each with paths of a GET and of a POST. */
const SERVERS: [
  string,
  { get: string; post: string; with(limits: Limits, use: (server: Server) => Promise<void>): Promise<void> },
][] = [
  [
    'the lineage owner',
    {
      get: '/api/v1/datasets/flights/versions',
      post: '/api/v1/records',
      with: (limits, use) =>
        withDatabasePath(async (databasePath) => using(await startLineageOwner({ databasePath, ...limits }), use)),
    },
  ],
  [
    'the receiver of webhooks',
    {
      get: '/live',
      post: '/webhooks/told/hook',
      with: async (limits, use) => {
        const [secrets, deliver] = [createSecrets({}), async () => undefined];
        await using(
          await startWebhookServer({ pipelines: [], secrets, deliver, host: '127.0.0.1', port: 0, ...limits }),
          use,
        );
      },
    },
  ],
  [
    'the model server',
    {
      get: '/v2/models/delay',
      post: '/v2/models/delay/infer',
      with: async (limits, use) => {
        const loadModel = () => Promise.reject(new Error('there are no models'));
        await using(await startModelServer({ source: { endpoints: async () => [] }, loadModel, ...limits }), use);
      },
    },
  ],
];

async function using(server: Server, use: (server: Server) => Promise<void>): Promise<void> {
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

describe.each(SERVERS)('%s', (_, { get, post, with: withServer }) => {
  it('says which methods a path takes', async () => {
    await withServer({}, async ({ url }) => {
      const ask = async (method: string, path: string) => {
        const answer = await fetch(`${url}${path}`, { method });
        return [answer.status, answer.headers.get('allow'), await answer.text()];
      };
      expect(await ask('DELETE', get)).toEqual([405, 'GET, HEAD', expect.stringContaining('METHOD_NOT_ALLOWED')]);
      expect(await ask('PUT', `${post}?a=1`)).toEqual([405, 'POST', expect.stringContaining('METHOD_NOT_ALLOWED')]);
      expect(await ask('GET', post)).toEqual([405, 'POST', expect.stringContaining(`${'POST'}, not GET`)]);
      expect(await ask('DELETE', '/nowhere')).toEqual([404, null, expect.stringContaining('NOT_FOUND')]);
    });
  });

  it('lets nobody keep a connection who sends heads or bodies a byte at a time, and answers others meanwhile', async () => {
    await withServer({ requestTimeoutMs: 1000 }, async ({ url }) => {
      const heads = Array.from({ length: 20 }, () => dribble(url, `GET ${get} HTTP/1.1\r\nhost: x\r\nx-a: `));
      const bodies = Array.from({ length: 20 }, () =>
        dribble(
          url,
          `POST ${post} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n[`,
        ),
      );
      const silent = [dribble(url, '', 0)];
      expect((await fetch(`${url}${get}`)).status).toBeLessThan(500);
      const answers = await Promise.all([...heads, ...bodies, ...silent]);
      expect(answers.filter((answer) => answer !== '' && !answer.startsWith('HTTP/1.1 408'))).toEqual([]);
    });
  });

  it('listens to so many connections and to no more', async () => {
    await withServer({ maxConnections: 3 }, async ({ url }) => {
      const sockets: Socket[] = [];
      try {
        for (let count = 0; count < 3; count += 1) sockets.push(await connected(url));
        const fourth = await connected(url);
        sockets.push(fourth);
        fourth.resume();
        await once(fourth, 'close');
        sockets.forEach((socket) => socket.destroy());
        expect((await until(async () => fetch(`${url}${get}`).catch(() => undefined))).status).toBeLessThan(500);
      } finally {
        sockets.forEach((socket) => socket.destroy());
      }
    });
  });
});

async function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends the beginning of a request and then a byte now and again, until the other side has enough. @returns its answer */
async function dribble(url: string, beginning: string, everyMs = 50): Promise<string> {
  const socket = await connected(url);
  socket.write(beginning);
  const timer = everyMs > 0 ? setInterval(() => socket.writable && socket.write('1'), everyMs) : undefined;
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, 'close');
  clearInterval(timer);
  return answer;
}
