import { createPartitions } from '../../../client/partitions.js';
import { GREATEST_SET } from '../../../schemas/index.js';
import { errorOf, withOwner } from './support.js';

describe('dynamic sets of partitions', () => {
  it('have the keys that were added and not removed, in their order, whoever asks twice', async () => {
    await withOwner(async (client) => {
      const { partitionSets: sets } = client;
      expect(await sets.change('customers', { add: ['globex', 'acme', 'acme'], by: 'ada', reason: 'signed' })).toEqual({
        ...{ added: 2, removed: 0, unchanged: 0, total: 2 },
      });
      const again = { id: 'once', add: ['acme', 'initech'], by: 'alan' };
      const first = { added: 1, removed: 0, unchanged: 1, total: 3 };
      expect(await sets.change('customers', again)).toEqual(first);
      expect(await sets.change('customers', again)).toEqual(first);
      expect(await sets.all('customers')).toEqual(['globex', 'acme', 'initech']);
      expect(await sets.known('customers', ['acme', 'nobody'])).toEqual({ known: ['acme'], total: 3 });

      expect(await sets.change('customers', { remove: ['globex', 'nobody'], by: 'ada' })).toEqual({
        ...{ added: 0, removed: 1, unchanged: 1, total: 2 },
      });
      await sets.change('customers', { add: ['globex'], by: 'ada' });
      const page = await sets.keys('customers', { limit: 2 });
      expect(page).toMatchObject({
        total: 3,
        keys: [
          { key: 'acme', addedBy: 'ada' },
          { key: 'initech', addedBy: 'alan' },
        ],
      });
      expect((await sets.keys('customers', { limit: 2, after: page.next! })).keys.map(({ key }) => key)).toEqual([
        'globex',
      ]);
      expect(await sets.list()).toMatchObject([{ set: 'customers', keys: 3, pipelines: [] }]);
      expect(await sets.keys('nobodys')).toMatchObject({ total: 0, changedAt: null, keys: [], next: null });

      const { entries } = await client.audit({ limit: 10 });
      expect(entries.map(({ actor, action, target, reason }) => [actor, action, target, reason])).toEqual([
        ['ada', 'add_partitions', 'partitions:customers', 'globex'],
        ['ada', 'remove_partitions', 'partitions:customers', 'globex'],
        ['alan', 'add_partitions', 'partitions:customers', 'initech'],
        ['ada', 'add_partitions', 'partitions:customers', 'globex, acme: signed'],
      ]);
      await client.rebuild();
      expect(await sets.all('customers')).toEqual(['acme', 'initech', 'globex']);
    });
  });

  it('are told by a worker that names one, with the dimension', async () => {
    await withOwner(async (client) => {
      const declared = (pipeline: string, partitions: object) => ({
        ...{ kind: 'pipeline_declared' as const, key: `declared/${pipeline}`, at: '2001-03-01T00:00:00Z', pipeline },
        ...{
          specificationDigest: pipeline[0]!.charCodeAt(0).toString(16).repeat(32),
          specification: { partitions: partitions as never, steps: {} },
        },
      });
      const set = { kind: 'dynamic', set: 'customers' };
      await client.record([
        declared('billing', set),
        declared('cells', { kind: 'product', dimensions: { day: { kind: 'daily' }, customer: set } }),
      ]);
      expect(await client.partitionSets.list()).toEqual([
        {
          ...{ set: 'customers', keys: 0, changedAt: null },
          pipelines: [
            { pipeline: 'billing', dimension: null },
            { pipeline: 'cells', dimension: 'customer' },
          ],
        },
      ]);
    });
  });

  it('refuse what can be no key, by path, and more keys than a set has room for', async () => {
    await withOwner(async (client) => {
      const { partitionSets: sets } = client;
      await expect(sets.change('customers', { add: ['ok', 'a/b', ' x'] })).rejects.toMatchObject({
        ...{ code: 'INPUT_INVALID', problems: [{ path: 'add[1]' }, { path: 'add[2]' }] },
      });
      expect(await errorOf(sets.change('customers', {}))).toContain('must name at least one key');
      expect(await errorOf(sets.change('customers', { add: ['a'], remove: ['a'] }))).toContain('the same key');
      expect(await errorOf(sets.change('Not A Name', { add: ['a'] }))).toContain('INPUT_INVALID: name of the set');
      expect(await sets.all('customers')).toEqual([]);
    });
  });

  it('take a quarter of a million keys from the client library, and no more', async () => {
    await withOwner(async (client, url) => {
      const partitions = createPartitions({ url });
      const keys = Array.from({ length: GREATEST_SET }, (_, index) => `customer-${index}`);
      expect(await partitions.add('customers', keys)).toMatchObject({ added: GREATEST_SET, total: GREATEST_SET });
      expect(await errorOf(partitions.add('customers', ['one-more']))).toContain(`a set has at most ${GREATEST_SET}`);
      expect(await partitions.remove('customers', ['customer-0'])).toMatchObject({ removed: 1 });
      expect(await partitions.add('customers', ['one-more'])).toMatchObject({ added: 1, total: GREATEST_SET });
      const all = await client.partitionSets.all('customers');
      expect([all.length, all[0], all.at(-1)]).toEqual([GREATEST_SET, 'customer-1', 'one-more']);
    });
  });
});
