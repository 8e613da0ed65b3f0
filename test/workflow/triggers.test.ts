import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecrets } from '../../engine/secrets.js';
import { startWebhookServer } from '../../engine/triggers/index.js';
import { signWebhook } from '../../engine/webhooks/index.js';
import {
  configSchema,
  definePipeline,
  type MillraceConfigInput,
  type TriggerEntry,
  type TriggerEvent,
} from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const days = { kind: 'daily', timezone: 'UTC', start: '2012-01-01', end: '2012-12-31' } as const;
const steps = { work: { type: 'activity', activity: 'work', role: 'orchestration' } } as const;
const csv = { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' } as const;
const ingest = { type: 'ingest', source: csv, timeColumn: 'date' } as const;

describe('triggers', () => {
  let millrace: MillraceEnvironment;
  let folder: string;
  let hold: Promise<void> | undefined;
  let project: MillraceConfigInput;
  const ran: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-triggers-'));
    project = {
      pipelines: [
        definePipeline({ name: 'days', partitions: days, steps: { raw: { ...ingest, dataset: 'days' } } }),
        definePipeline({ name: 'others', partitions: days, steps: { raw: { ...ingest, dataset: 'others' } } }),
        definePipeline({
          name: 'either',
          partitions: { kind: 'monthly', timezone: 'UTC' },
          triggers: [{ on: 'dataset', name: 'new', datasets: ['days', 'others'], debounceSeconds: 1 }],
          steps,
        }),
        definePipeline({
          name: 'both',
          partitions: days,
          triggers: [{ on: 'dataset', name: 'new', datasets: ['days', 'others'], require: 'all' }],
          steps,
        }),
        definePipeline({
          name: 'files',
          partitions: days,
          triggers: [
            { on: 'file', name: 'marked', path: join(folder, 'in/*/{partition}.csv'), marker: '{name}.done' },
            { on: 'file', name: 'settled', path: join(folder, 'settled-{partition}.csv'), settleSeconds: 2 },
          ],
          steps,
        }),
        definePipeline({
          name: 'told',
          partitions: days,
          params: { colour: { type: 'string', default: 'red' } },
          triggers: [
            {
              on: 'webhook',
              name: 'hook',
              secret: 'secret:hook',
              partitionField: 'data.day',
              paramFields: { colour: 'data.colour' },
            },
            { on: 'service', name: 'merging', whileRunning: 'merge' },
          ],
          steps,
        }),
      ],
      activities: {
        work: async ({ pipeline, partition }) => {
          ran.push(`${pipeline} ${partition}`);
          await hold;
          return null;
        },
      },
    };
    millrace = await startMillrace(project);
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    ran.length = 0;
    hold = undefined;
  });

  /** The ledger once so many events have ended, oldest first. */
  const ended = (pipeline: string, count: number): Promise<TriggerEntry[]> =>
    until(async () => {
      const { entries } = await millrace.lineage.triggers.ledger(pipeline);
      return entries.length >= count && entries.reverse();
    });

  const outcomes = (entries: TriggerEntry[]) => entries.map(({ outcome, runs }) => [outcome, runs[0]?.workflowId]);

  async function publish(pipeline: string, partition: string): Promise<void> {
    const run = await millrace.client.startRun({ pipeline, partition });
    expect((await run.result()).verdict).toBe('succeeded');
  }

  /** An inbox that has begun to watch: what is published from now on is seen. */
  const watched = (pipeline: string) =>
    until(async () => {
      const handle = millrace.client.temporal.workflow.getHandle(`inbox/${pipeline}`);
      const { events = [] } = await handle.fetchHistory();
      return events?.some((event) => event.activityTaskCompletedEventAttributes);
    });

  it('on datasets run the partition that holds the new one, once for all that come close together', async () => {
    await watched('either');
    await Promise.all([publish('days', '2012-03-01'), publish('others', '2012-03-02')]);
    const entries = await ended('either', 2);
    expect(outcomes(entries).sort()).toEqual([
      ['merged', 'run/either/2012-03'],
      ['started', 'run/either/2012-03'],
    ]);
    await until(async () => ran.includes('either 2012-03'));
    // The same content again is no new version, so the next event is about April.
    await publish('days', '2012-03-01');
    await publish('days', '2012-04-01');
    expect(outcomes(await ended('either', 3)).at(-1)).toEqual(['started', 'run/either/2012-04']);
    await until(async () => ran.includes('either 2012-04'));
    expect(ran.filter((run) => run.startsWith('either'))).toHaveLength(2);
  });

  it('on all of several datasets wait until each has a newer version than the last run', async () => {
    await watched('both');
    await publish('days', '2012-05-01');
    const waiting = await until(async () => {
      const status = await millrace.client.triggers.waiting('both');
      return status.waiting.find(({ subject, waitsFor }) => subject.includes('2012-05-01') && waitsFor !== 'its turn');
    });
    expect(waiting.waitsFor).toBe('others 2012-05-01, to run 2012-05-01');
    await publish('others', '2012-05-01');
    const entries = await until(async () => {
      const { entries } = await millrace.lineage.triggers.ledger('both');
      const may = entries.filter(({ subject }) => subject.includes('2012-05-01')).reverse();
      return may.length === 2 && may;
    });
    expect(outcomes(entries)).toEqual([
      ['started', 'run/both/2012-05-01'],
      ['merged', 'run/both/2012-05-01'],
    ]);
  });

  it('on files run the partition in the name, once the file is whole, and again when it is replaced', async () => {
    await mkdir(join(folder, 'in', 'north'), { recursive: true });
    const file = join(folder, 'in', 'north', '2012-06-01.csv');
    await writeFile(file, 'a,b\n');
    await writeFile(join(folder, 'settled-2012-06-02.csv'), 'a,b\n');
    await writeFile(join(folder, 'settled-2013-01-01.csv'), 'a,b\n');
    const settled = await ended('files', 2);
    expect(settled.map(({ outcome, reason }) => [outcome, reason.slice(0, 17)]).sort()).toEqual([
      ['ignored', 'PARTITION_INVALID'],
      ['started', ''],
    ]);
    await writeFile(`${file}.done`, '');
    expect(outcomes(await ended('files', 3)).at(-1)).toEqual(['started', 'run/files/2012-06-01']);
    await writeFile(file, 'a,b\n1,2\n');
    expect(outcomes(await ended('files', 4)).at(-1)).toEqual(['started', 'run/files/2012-06-01']);
  });

  it('take an event once, however often it is sent, and put off a run while one is under way', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const told = { pipeline: 'told', partition: '2012-07-01' };
    const running = await millrace.client.startRun(told);
    await until(() => ran.includes('told 2012-07-01'));
    for (const id of ['a', 'a', 'b', 'a']) await millrace.client.triggers.deliver('told', event(id, '2012-07-01'));
    await millrace.client.trigger({ ...told, id: 'c', trigger: 'merging' });
    await millrace.client.trigger({
      ...told,
      partition: '2012-07-02',
      id: 'd',
      params: { colour: 'blue' },
      requestedBy: 'shop',
    });
    await millrace.client.trigger({ ...told, id: 'e', params: { size: 1 } });
    await millrace.client.trigger({ ...told, id: 'f', trigger: 'mergin' });
    await until(async () => {
      const { entries } = await millrace.lineage.triggers.ledger('told');
      return ['d', 'e', 'f'].every((id) => entries.some((entry) => entry.id === id));
    });
    release();
    await running.result();
    const entries = await until(async () => {
      const { entries, counts } = await millrace.lineage.triggers.ledger('told');
      return counts.started + counts.merged + counts.ignored === 6 && entries;
    });
    expect(Object.fromEntries(entries.map(({ id, outcome, reason }) => [id, [outcome, reason]]))).toEqual({
      a: ['started', ''],
      b: ['merged', 'with a'],
      c: ['merged', 'with a'],
      d: ['started', ''],
      e: [
        'ignored',
        'PARAMETER_INVALID: parameters of told: params.size is not a parameter of told; there are: colour',
      ],
      f: ['ignored', 'told has no trigger on service "mergin"; did you mean "merging"?'],
    });
    const runs = await millrace.lineage.runs({ pipeline: 'told' });
    expect(runs.map(({ requestedBy }) => requestedBy).sort()).toEqual(['shop', 'trigger hook', 'unknown']);
    // Nothing is left to do, so the inbox has ended; what comes opens it again.
    const handle = millrace.client.temporal.workflow.getHandle('inbox/told');
    await until(async () => (await handle.describe()).status.name === 'COMPLETED');
    await millrace.client.trigger({ ...told, id: 'a' });
    await handle.result();
    expect((await millrace.lineage.triggers.ledger('told')).entries).toHaveLength(6);
  });

  it('take a flood of events about one partition while its run is under way, each with its outcome', async () => {
    const flood = 600;
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const running = await millrace.client.startRun({ pipeline: 'told', partition: '2012-08-01' });
    await until(() => ran.includes('told 2012-08-01'));
    const before = (await millrace.lineage.triggers.ledger('told')).counts;
    const ids = Array.from({ length: flood }, (_, index) => `flood-${index}`);
    await millrace.client.triggers.deliver('told', event('flood-0', '2012-08-01'));
    for (let sent = 1; sent < flood; sent += 20) {
      const some = ids.slice(sent, sent + 20);
      await Promise.all(some.map((id) => millrace.client.triggers.deliver('told', event(id, '2012-08-01'))));
    }
    const merged = async () => (await millrace.lineage.triggers.ledger('told')).counts.merged - before.merged;
    await until(async () => (await merged()) >= flood / 3);
    const { waiting } = await millrace.client.triggers.waiting('told');
    expect(waiting.map(({ id }) => id)).toContain('flood-0');
    expect(waiting.length).toBeLessThanOrEqual(500);
    release();
    await running.result();
    await until(async () => (await merged()) === flood - 1);
    expect((await millrace.lineage.triggers.ledger('told')).counts.started - before.started).toBe(1);
  });

  it('by webhook believe the signature alone, and take each request once', async () => {
    const secret = 'whsec_c2VjcmV0';
    const server = await startWebhookServer({
      pipelines: configSchema.parse(project).pipelines,
      secrets: createSecrets({ MILLRACE_SECRET_HOOK: secret }),
      deliver: millrace.client.triggers.deliver,
      host: '127.0.0.1',
      port: 0,
    });
    try {
      const body = JSON.stringify({ data: { day: '2012-08-01', colour: 'green' } });
      const send = async (path: string, headers: object, text = body) => {
        const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { ...headers }, body: text });
        return [answer.status, await answer.json()];
      };
      const hook = '/webhooks/told/hook';
      const signed = { ...signWebhook(secret, 'm-1', Date.now(), body) };
      expect(await send(hook, {})).toMatchObject([401, { error: { code: 'WEBHOOK_REFUSED' } }]);
      expect(await send(hook, signed, body.replace('green', 'black'))).toMatchObject([401, {}]);
      expect(await send(hook, { ...signWebhook(secret, 'm-1', Date.now() - 400_000, body) })).toMatchObject([401, {}]);
      expect(await send('/webhooks/told/other', signed)).toMatchObject([404, {}]);
      const empty = { ...signWebhook(secret, 'm-2', Date.now(), '{}') };
      expect(await send(hook, empty, '{}')).toMatchObject([400, { error: { code: 'INPUT_INVALID' } }]);
      expect(await send(hook, signed)).toEqual([202, { accepted: true, id: 'hook/m-1' }]);
      expect(await send(hook, signed)).toMatchObject([202, {}]);
      const entry = await until(async () => {
        const { entries } = await millrace.lineage.triggers.ledger('told');
        return entries.find(({ id }) => id === 'hook/m-1');
      });
      expect(entry).toMatchObject({ source: 'webhook', outcome: 'started', subject: body });
      await until(async () => ran.includes('told 2012-08-01'));
    } finally {
      await server.close();
    }
  });
});

function event(id: string, partition: string): TriggerEvent {
  return { id, source: 'webhook', trigger: 'hook', subject: '', partition, params: {} };
}
