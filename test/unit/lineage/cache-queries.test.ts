import type { DatasetVersionRef, LineageRecord, Marked } from '../../../schemas/index.js';
import { withOwner } from './support.js';

const key = 'c'.repeat(64);
const at = '2001-03-01T00:00:00.000Z';
const actor = { actor: 'ada', reason: 'it is too much' };
const refOf = (dataset: string, version: string): DatasetVersionRef => ({
  ...{ dataset, partition: 'all', version: version.repeat(32), uri: `store://local/sha256/${version}` },
  ...{ rows: 1, bytes: 1, schemaFingerprint: 'f'.repeat(64) },
});
const read = refOf('rain', 'a');
const made = refOf('total', 'b');

const computed = (runId: string, parts: Record<string, string> = { sql: '1' }): LineageRecord[] => [
  {
    ...{ kind: 'run_started', key: `${runId}/started`, at, runId, workflowId: 'run/sums/all', pipeline: 'sums' },
    ...{ partition: 'all', logicalTime: at, specificationDigest: 'd'.repeat(64), specification: {} },
    ...{ requestedBy: 'test', force: null },
  },
  { kind: 'dataset_version', key: `${runId}/raw`, at, runId, step: 'raw', ref: read, columns: [] },
  { kind: 'dataset_version', key: `${runId}/version`, at, runId, step: 'total', ref: made, columns: [] },
  {
    ...{ kind: 'step_finished', key: `${runId}/total`, at, runId, step: 'total', type: 'transform' },
    ...{ status: 'succeeded', startedAt: at, summary: '1 row', code: null, inputs: [read], inputModels: [] },
    ...{ output: { dataset: made }, cache: { outcome: 'miss', key, reason: '', parts } },
  },
];
const question = { key, maxAgeSeconds: null, pipeline: 'sums', step: 'total', partition: 'all' };
const taint = (ref: DatasetVersionRef): LineageRecord => {
  const { dataset, partition, version } = ref;
  const on: Marked = { kind: 'dataset', dataset, partition, version };
  return { kind: 'mark_set', key: `taint/${dataset}`, at, mark: 'taint', on, until: null, ...actor };
};

describe('what was computed under a key', () => {
  it('is found with all that it left, and after a rebuild too', async () => {
    await withOwner(async (client) => {
      expect(await client.cache.find(question)).toEqual({ entry: null, reason: null, last: null });
      await client.record(computed('first'));
      const found = await client.cache.find({ ...question, maxAgeSeconds: 3_600 });
      expect(found).toMatchObject({
        entry: { runId: 'first', pipeline: 'sums', partition: 'all', output: { dataset: made }, inputs: [read] },
        reason: null,
        last: null,
      });
      expect(found.entry?.records).toMatchObject([{ kind: 'dataset_version', ref: made }]);
      await client.rebuild();
      expect((await client.cache.find(question)).entry?.runId).toBe('first');
      // Another key that begins with the same bits is another key.
      const near = `${key.slice(0, 32)}${'0'.repeat(32)}`;
      expect(await client.cache.find({ ...question, key: near })).toEqual({
        entry: null,
        reason: null,
        last: { runId: 'first', partition: 'all', parts: { sql: '1' } },
      });
    });
  });

  it.each<[string, LineageRecord, string]>([
    ['was recalled', taint(made), 'what run first computed was recalled by ada: it is too much'],
    [
      'came of what was recalled',
      taint(read),
      'what run first computed came of rain/all@aaaaaaaaaaaa, which was recalled by ada: it is too much',
    ],
    [
      'was let go by retention',
      { kind: 'version_removed', key: 'removed', at, ref: made, ...actor },
      'retention let go of what run first computed: total/all@bbbbbbbbbbbb',
    ],
  ])('is not used if it %s', async (_, record, reason) => {
    await withOwner(async (client) => {
      await client.record([...computed('first'), record]);
      expect(await client.cache.find(question)).toEqual({ entry: null, reason, last: null });
      // The newest counts, whatever older ones there are.
      await client.record(computed('second'));
      const again = await client.cache.find(question);
      expect(again.entry?.runId ?? again.reason).toBe(
        record.kind === 'version_removed' ? 'second' : reason.replace('first', 'second'),
      );
    });
  });
});
