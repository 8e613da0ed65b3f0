import { definePipeline } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

describe('pipelines of a dynamic set', () => {
  let millrace: MillraceEnvironment;
  const ran: string[] = [];
  const held = new Set<() => void>();

  beforeAll(async () => {
    const customers = { kind: 'dynamic', set: 'customers' } as const;
    const steps = { note: { type: 'activity', activity: 'note', role: 'orchestration' } } as const;
    millrace = await startMillrace({
      pipelines: [
        definePipeline({
          name: 'billing',
          partitions: customers,
          triggers: [
            { name: 'signed-up', on: 'service', addPartition: true },
            { name: 'asked', on: 'service' },
          ],
          steps,
        }),
        definePipeline({
          name: 'slow-billing',
          partitions: customers,
          steps: { hold: { type: 'activity', activity: 'hold', role: 'orchestration' } },
        }),
        definePipeline({
          name: 'usage',
          partitions: { kind: 'product', dimensions: { day: { kind: 'daily' }, customer: customers } },
          steps,
        }),
      ],
      activities: {
        hold: () => new Promise((resolve) => held.add(() => resolve(null))),
        note: async ({ partition }) => {
          ran.push(partition);
          return null;
        },
      },
    });
  });
  afterAll(() => millrace.close());
  beforeEach(() => (ran.length = 0));

  const outcomes = async (request: Parameters<MillraceEnvironment['client']['startBackfill']>[0]) => {
    const { partitions } = await (await millrace.client.startBackfill(request)).result();
    return partitions?.map(({ partition, outcome }) => `${partition} ${outcome}`);
  };

  it('run for keys that are in it, and refuse others with the remedy', async () => {
    const { client } = millrace;
    await expect((await client.startRun({ pipeline: 'billing', partition: 'acme' })).result()).rejects.toMatchObject({
      code: 'PARTITION_UNKNOWN',
      message: expect.stringContaining('"acme" is not in the set customers, which is empty'),
      problems: [{ path: 'partition' }],
      remedy: expect.stringContaining('millrace partitions add SET KEY'),
    });
    await client.partitions.add('customers', ['globex', 'acme'], { by: 'ada' });
    const { verdict, partition } = await (await client.startRun({ pipeline: 'billing', partition: 'acme' })).result();
    expect([verdict, partition]).toEqual(['succeeded', 'acme']);
    await expect((await client.startRun({ pipeline: 'billing', partition: 'acmee' })).result()).rejects.toMatchObject({
      message: expect.stringContaining('did you mean "acme"?'),
    });
    await expect((await client.startRun({ pipeline: 'billing' })).result()).rejects.toMatchObject({
      code: 'PARTITION_INVALID',
      message: expect.stringContaining('one of the set customers: globex, acme'),
    });
  });

  it('backfill all of the set, or some keys, and not what was planned for another set', async () => {
    const { client } = millrace;
    const { plan, partitions } = await client.planBackfill({ pipeline: 'billing' });
    expect(partitions?.map(({ partition, action, reason }) => `${partition} ${action} ${reason}`)).toEqual([
      'globex run never_ran',
      'acme reuse up_to_date',
    ]);
    await client.partitions.add('customers', ['initech']);
    const moved = await client.startBackfill({ pipeline: 'billing', planHash: plan.hash });
    expect(moved.workflowId).toBe('backfill/billing/all');
    await expect(moved.result()).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      problems: [{ path: 'planHash', message: 'initech: not in the plan → run (never_ran)' }],
    });
    expect(await outcomes({ pipeline: 'billing', keys: ['initech'] })).toEqual(['initech succeeded']);
    expect(await outcomes({ pipeline: 'billing' })).toEqual(['globex succeeded', 'acme reused', 'initech reused']);
    expect(ran.sort()).toEqual(['globex', 'initech']);
    await expect(outcomes({ pipeline: 'billing', keys: ['acme', 'nobody'] })).rejects.toMatchObject({
      code: 'PARTITION_UNKNOWN',
      problems: [{ path: 'keys[1]' }],
    });
  });

  it('keep what a removed key has on record, and run for it no more', async () => {
    const { client, lineage } = millrace;
    await client.partitions.remove('customers', ['globex'], { by: 'ada', reason: 'left' });
    const { plan } = await client.planBackfill({ pipeline: 'billing' });
    expect(plan.partitions).toBe(2);
    expect((await lineage.latestRuns('billing', ['globex'])).map(({ verdict }) => verdict)).toEqual(['succeeded']);
    await expect((await client.startRun({ pipeline: 'billing', partition: 'globex' })).result()).rejects.toMatchObject({
      code: 'PARTITION_UNKNOWN',
    });
    const { entries } = await lineage.audit({ action: 'remove_partitions', limit: 10 });
    expect(entries.map(({ actor, target, reason }) => [actor, target, reason])).toEqual([
      ['ada', 'partitions:customers', 'globex: left'],
    ]);
  });

  it('skip in a backfill a key that was removed after the plan was made, and say so', async () => {
    const { client } = millrace;
    await client.partitions.add('customers', ['pied', 'piper'], { by: 'ada' });
    const request = { pipeline: 'slow-billing', keys: ['pied', 'piper'], maxActive: 1 };
    const backfill = await client.startBackfill(request);
    await until(() => held.size === 1);
    await client.partitions.remove('customers', ['piper'], { by: 'ada', reason: 'left' });
    for (const end of held) end();
    const result = await backfill.result();
    expect(result).toMatchObject({
      verdict: 'succeeded',
      message: '1 of 2 runs succeeded; 1 skipped, whose keys were removed from the set meanwhile',
      counts: { succeeded: 1, skipped: 1 },
    });
    expect(result.partitions?.[1]).toMatchObject({
      ...{ partition: 'piper', action: 'run', outcome: 'skipped', code: 'PARTITION_UNKNOWN' },
      message: expect.stringContaining('"piper" is not in the set customers'),
    });
    await client.partitions.remove('customers', ['pied'], { by: 'ada' });
  });

  it('have a dimension of time besides', async () => {
    expect(await outcomes({ pipeline: 'usage', from: '2001-03-01', to: '2001-03-02' })).toEqual(
      ['01', '02'].flatMap((day) => ['acme', 'initech'].map((key) => `2001-03-${day}|${key} succeeded`)),
    );
    expect(await outcomes({ pipeline: 'usage', keys: ['2001-03-03|acme'] })).toEqual(['2001-03-03|acme succeeded']);
    await expect(outcomes({ pipeline: 'usage' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const run = await millrace.client.startRun({ pipeline: 'usage', partition: '2001-03-03|globex' });
    await expect(run.result()).rejects.toMatchObject({ code: 'PARTITION_UNKNOWN' });
  });

  it('take a key from an event where the trigger says so, and say in the ledger why not where it does not', async () => {
    const { client, lineage } = millrace;
    await client.trigger({ pipeline: 'billing', trigger: 'asked', partition: 'umbrella', id: 'one' });
    await client.trigger({
      pipeline: 'billing',
      trigger: 'signed-up',
      partition: 'hooli',
      id: 'two',
      requestedBy: 'crm',
    });
    const ended = await until(async () => {
      const { entries } = await lineage.triggers.ledger('billing');
      return entries.length === 2 && entries;
    });
    const of = (id: string) => ended.find((entry) => entry.id.endsWith(id));
    expect(of('one')).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('PARTITION_UNKNOWN: partition "umbrella" is not in the set customers'),
    });
    expect(of('two')).toMatchObject({ outcome: 'started', runs: [{ partition: 'hooli' }] });
    const { keys } = await client.partitions.keys('customers');
    expect(keys.map(({ key, addedBy }) => `${key} ${addedBy}`)).toEqual(['acme ada', 'initech unknown', 'hooli crm']);
  });
});
