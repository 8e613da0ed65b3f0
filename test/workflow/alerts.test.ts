import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '../../engine/webhooks/index.js';
import {
  definePipeline,
  param,
  type AlertEvent,
  type MillraceConfigInput,
  type RecordedDelivery,
} from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const secret = 'whsec_c2VjcmV0';

/** Answers by path: what is wanted first, then what follows; the last one stays. `null` never answers. */
async function startReceiver(answers: Record<string, (number | null)[]>) {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body });
      const planned = answers[path] ?? [200];
      const status = planned.length > 1 ? planned.shift() : planned[0];
      if (status !== null) response.writeHead(status ?? 200, { 'retry-after': '1' }).end(`status ${status}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { received, url, close, on: (path: string) => received.filter((request) => request.path === path) };
}

describe('alerts', () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let refusing: string;
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    receiver = await startReceiver({
      '/flaky': [503, 500, 200],
      '/hangs': [null, 200],
      '/gone': [410],
      '/late': [503, 503, 200],
    });
    const closed = await startReceiver({});
    refusing = closed.url;
    await closed.close();
    process.env.MILLRACE_SECRET_ALERTS = secret;
    process.env.MILLRACE_SECRET_ROUTING = 'R123';
    const { url } = receiver;
    const once: { events: AlertEvent[]; pipelines: string[] } = { events: ['run_failed'], pipelines: ['breaks'] };
    const project: MillraceConfigInput = {
      temporalUi: 'https://temporal.example/',
      pipelines: [
        definePipeline({
          name: 'breaks',
          partitions: { kind: 'static', keys: ['a', 'b'] },
          params: { ok: { type: 'boolean', default: false } },
          steps: { work: { type: 'activity', activity: 'work', input: { ok: param<boolean>('ok') } } },
        }),
        definePipeline({
          name: 'recovers',
          params: { ok: { type: 'boolean', default: false } },
          steps: { work: { type: 'activity', activity: 'work', input: { ok: param<boolean>('ok') } } },
        }),
        definePipeline({ name: 'asks', steps: { board: { type: 'approve', message: 'Ship <it> & go?' } } }),
      ],
      activities: {
        work: ({ input }) => {
          if (input.ok !== true) throw Object.assign(new Error('it is broken'), { name: 'Error' });
          return Promise.resolve(null);
        },
      },
      alerts: [
        { kind: 'webhook', name: 'hook', url: `${url}/flaky`, secret: 'secret:alerts', ...once },
        { kind: 'webhook', name: 'slow', url: `${url}/hangs`, ...once },
        { kind: 'webhook', name: 'gone', url: `${url}/gone`, ...once },
        { kind: 'webhook', name: 'refused', url: refusing, attempts: 2, ...once },
        {
          kind: 'slack',
          name: 'chat',
          url: `${url}/slack`,
          events: ['approval_needed'],
          template: '{{pipeline}}: {{message}}',
        },
        {
          kind: 'pagerduty',
          name: 'pager',
          url: `${url}/pager`,
          routingKey: 'secret:routing',
          ...{ events: ['run_failed', 'run_recovered'], pipelines: ['breaks'] },
        },
        {
          ...{ kind: 'pagerduty', name: 'late', url: `${url}/late`, routingKey: 'secret:routing' },
          ...{ events: ['run_failed', 'run_recovered'], pipelines: ['recovers'] },
        },
      ],
    };
    millrace = await startMillrace(project);
    const handle = millrace.client.temporal.workflow.getHandle('alerts');
    // What is put on record from now on is seen.
    await until(async () =>
      (await handle.fetchHistory()).events?.some((event) => event.activityTaskCompletedEventAttributes),
    );
  });
  afterAll(async () => {
    await millrace.close();
    await receiver.close();
  });

  /** The deliveries of a channel once there are so many, oldest first. */
  async function deliveries(channel: string, count: number): Promise<RecordedDelivery[]> {
    return until(async () => {
      const found = (await millrace.lineage.alerts.deliveries()).filter((delivery) => delivery.channel === channel);
      return found.length >= count && found.reverse();
    });
  }

  const run = async (partition: string, params = {}) => {
    const started = await millrace.client.startRun({ pipeline: 'breaks', partition, params });
    await started.result().catch(() => undefined);
  };

  it('reach a receiver that fails, hangs or refuses as soon as it takes them, and what became of each is on record', async () => {
    await run('a');
    const [hook] = await deliveries('hook', 1);
    expect(hook).toMatchObject({
      outcome: 'delivered',
      attempts: 3,
      message: '200 status 200',
      alert: { event: 'run_failed', severity: 'error', title: 'breaks a failed', partition: 'a' },
    });
    expect(await deliveries('slow', 1)).toMatchObject([{ outcome: 'delivered', attempts: 2 }]);
    expect(await deliveries('gone', 1)).toMatchObject([{ outcome: 'failed', attempts: 1, message: '410 status 410' }]);
    expect(await deliveries('refused', 1)).toMatchObject([
      { outcome: 'failed', attempts: 2, message: 'the request failed: ECONNREFUSED' },
    ]);
    const requests = receiver.on('/flaky');
    const ids = new Set<string>();
    for (const { headers, body } of requests) {
      const verified = verifyWebhook(secret, headers, body, { now: Date.now(), toleranceSeconds: 300 });
      ids.add('id' in verified ? verified.id : verified.refusal);
      expect(JSON.parse(body)).toMatchObject({
        type: 'millrace.run_failed',
        data: { pipeline: 'breaks', text: expect.stringContaining('it is broken') },
      });
    }
    // The receiver can know the three attempts as one.
    expect([...ids]).toEqual([expect.stringMatching(/^hook-\d+$/)]);
    expect(receiver.on('/hangs')[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('about the same trouble are left out for a while, and what recovered is resolved', async () => {
    await run('b');
    await run('b');
    await run('b', { ok: true });
    const told = (await deliveries('pager', 4)).filter(({ alert }) => alert.partition === 'b');
    expect(told.map(({ alert, outcome }) => [alert.event, outcome]).sort()).toEqual([
      ['run_failed', 'delivered'],
      ['run_failed', 'left_out'],
      ['run_recovered', 'delivered'],
    ]);
    const bodies = receiver.on('/pager').map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const about = bodies.filter(({ dedup_key: key }) => key === 'run/breaks/b');
    expect(about).toEqual([
      expect.objectContaining({ event_action: 'trigger', routing_key: 'R123' }),
      { routing_key: 'R123', dedup_key: 'run/breaks/b', event_action: 'resolve' },
    ]);
  });

  it('that it recovered is told as often as it failed, or an incident would stay open', async () => {
    for (const ok of [false, true, false, true]) await run('a', { ok });
    const told = async () =>
      (await millrace.lineage.alerts.deliveries()).filter(
        ({ channel, alert, outcome }) =>
          channel === 'pager' && outcome === 'delivered' && alert.partition === 'a' && alert.event === 'run_recovered',
      );
    await until(async () => (await told()).length === 2);
  });

  it('that it recovered is told after that it failed, or the incident would be opened last and stay open', async () => {
    for (const ok of [false, true]) {
      const started = await millrace.client.startRun({ pipeline: 'recovers', partition: 'all', params: { ok } });
      await started.result().catch(() => undefined);
    }
    await deliveries('late', 2);
    const actions = receiver.on('/late').map(({ body }) => (JSON.parse(body) as { event_action: string }).event_action);
    expect(actions).toEqual(['trigger', 'trigger', 'trigger', 'resolve']);
  });

  it('say that a step waits for somebody, in what the channel understands', async () => {
    const asked = await millrace.client.startRun({ pipeline: 'asks', partition: 'all' });
    await deliveries('chat', 1);
    await asked.decide('approve', { by: 'ada', reason: 'fine' });
    const body = JSON.parse(receiver.on('/slack')[0]?.body ?? '{}') as object;
    expect(body).toMatchObject({
      text: 'asks all: board waits for approve, reject',
      attachments: [
        {
          title_link: 'https://temporal.example/namespaces/default/workflows/run%2Fasks%2Fall',
          text: 'asks: waits for approve or reject: Ship &lt;it&gt; &amp; go?',
        },
      ],
    });
    expect((await asked.result()).verdict).toBe('succeeded');
  });
});
