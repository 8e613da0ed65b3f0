import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendAlert, type LinkedAlert } from '../../../engine/alerts/index.js';
import { createSecrets } from '../../../engine/secrets.js';
import { alertChannelSchema } from '../../../schemas/index.js';

const alert: LinkedAlert = {
  ...{ event: 'run_failed', severity: 'error', key: 'run/p/a', title: 'p a failed', message: 'SOURCE_EMPTY: no rows' },
  ...{ pipeline: 'p', partition: 'a', workflowId: 'run/p/a', runId: null, at: '2001-03-01T00:00:00.000Z' },
  link: null,
};

describe('an answer', () => {
  let server: Server;
  let origin = '';

  beforeAll(async () => {
    // As web frameworks do it: the path, and here the body too.
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.url === '/busy') response.writeHead(429, { 'retry-after': '86400' }).end();
        else response.writeHead(404).end(`Cannot POST ${request.url}: ${body}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('that has in it what was sent is told without secrets', async () => {
    const url = `${origin}/services/T00/B00/hidden`;
    const secrets = createSecrets({ MILLRACE_SECRET_URL: url, MILLRACE_SECRET_KEY: 'R0UT1NG' });
    const slack = alertChannelSchema.parse({ kind: 'slack', name: 'c', url: 'secret:url' });
    const told = await sendAlert(slack, alert, { id: 'id', secrets });
    expect(told).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/^404 Cannot POST \[secret\]/) });
    const pager = alertChannelSchema.parse({
      kind: 'pagerduty',
      name: 'c',
      url: `${origin}/v2`,
      routingKey: 'secret:key',
    });
    const { message } = await sendAlert(pager, alert, { id: 'id', secrets });
    expect(message).toContain('"routing_key":"[secret]"');
    expect(message).toContain('Cannot POST /v2');
  });

  it('that asks for a pause of a day is heeded for an hour', async () => {
    const channel = alertChannelSchema.parse({ kind: 'slack', name: 'c', url: `${origin}/busy` });
    const told = await sendAlert(channel, alert, { id: 'id', secrets: createSecrets({}) });
    expect(told).toEqual({ outcome: 'again', message: '429', afterMs: 3_600_000 });
  });
});
