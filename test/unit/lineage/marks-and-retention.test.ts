import { decideRetention } from '../../../engine/datasets/index.js';
import type { LineageClient } from '../../../engine/lineage/index.js';
import type { LineageRecord, LineageRecordOf, Mark, Marked, RetentionClass } from '../../../schemas/index.js';
import {
  aliasMoved,
  AT,
  datasetRef,
  datasetVersion,
  endpointChanged,
  february,
  MODEL,
  modelVersion,
  partitionOf,
  published,
  registered,
  runFinished,
  runStarted,
  stepFinished,
  trained,
} from './story.js';
import { errorOf, withOwner, withStore } from './support.js';

let keys = 0;

function mark(kind: Mark, on: Marked, until: string | null = null): LineageRecord {
  const about = { key: `mark-${(keys += 1)}`, at: AT, mark: kind, on, actor: 'ada', reason: 'an audit is under way' };
  return { kind: 'mark_set', ...about, until };
}

function lift(kind: Mark, on: Marked): LineageRecord {
  const about = { key: `mark-${(keys += 1)}`, at: AT, mark: kind, on, actor: 'bob', reason: 'it is over' };
  return { kind: 'mark_lifted', ...about };
}

const DAY = partitionOf(1);
const version = (ref: { version: string }): Marked => ({
  kind: 'dataset',
  dataset: 'flights',
  partition: DAY,
  version: ref.version,
});
const OLD = datasetRef(DAY, 'first');
const NEW = datasetRef(DAY, 'second');

/** Two versions of a day, one after the other, by a run that has ended. */
function twoVersions(): LineageRecord[] {
  return [
    runStarted('run-0', DAY),
    datasetVersion('run-0', OLD),
    published('run-0', OLD),
    datasetVersion('run-0', NEW),
    published('run-0', NEW),
    runFinished('run-0'),
  ];
}

const RULES: RetentionClass = { keepFor: '30d', published: 'keep' };

/** What retention would do about each version of the dataset, with the reasons. */
async function plan(client: LineageClient, rules: RetentionClass = RULES): Promise<Record<string, string>> {
  const { versions } = await client.retentionFacts('flights');
  const decided = versions.map((facts) => decideRetention({ name: 'raw', rules }, facts, new Date()));
  return Object.fromEntries(
    decided.map(({ ref, action, reasons }) => [
      `${ref.partition} ${ref.version === OLD.version ? 'old' : 'new'}`,
      [action, ...reasons.map(({ reason }) => reason)].join(' '),
    ]),
  );
}

function removed(ref: typeof OLD): LineageRecord {
  return { kind: 'version_removed', key: `removed-${(keys += 1)}`, at: AT, ref, actor: 'ada', reason: 'class raw' };
}

describe('retention', () => {
  it('lets go what is old, superseded and needed by nobody', async () => {
    await withOwner(async (client) => {
      await client.record(twoVersions());
      expect(await plan(client)).toEqual({ [`${DAY} old`]: 'remove expired', [`${DAY} new`]: 'keep published' });
      expect(await plan(client, { keepLast: 2, published: 'keep' })).toEqual({
        [`${DAY} old`]: 'keep newest',
        [`${DAY} new`]: 'keep published newest',
      });
      expect(await plan(client, { keepFor: '1d', published: 'expire' })).toEqual({
        [`${DAY} old`]: 'remove expired',
        [`${DAY} new`]: 'remove expired',
      });
      expect(await plan(client, { keepFor: '100000d', published: 'expire' })).toEqual({
        [`${DAY} old`]: 'keep recent',
        [`${DAY} new`]: 'keep recent',
      });
    });
  });

  it('keeps what is pinned or held, until that ends, and says by whom', async () => {
    await withOwner(async (client) => {
      await client.record(twoVersions());
      await client.record([mark('pin', version(OLD), '2001-01-01T00:00:00.000Z')]);
      expect((await plan(client))[`${DAY} old`]).toBe('remove expired');
      await client.record([mark('pin', version(OLD))]);
      expect((await plan(client))[`${DAY} old`]).toBe('keep pin');
      const whole: Marked = { kind: 'dataset', dataset: 'flights', partition: null, version: null };
      await client.record([lift('pin', version(OLD)), mark('hold', whole)]);
      expect((await plan(client))[`${DAY} old`]).toBe('keep hold');
      const { versions } = await client.retentionFacts('flights');
      expect(versions[0]?.needs.map(({ message }) => message)).toEqual([
        'hold on dataset:flights by ada: an audit is under way',
      ]);
      await client.record([lift('hold', whole)]);
      expect((await plan(client))[`${DAY} old`]).toBe('remove expired');
    });
  });

  it('refuses to let go what was put on hold after the plan was made', async () => {
    await withOwner(async (client) => {
      await client.record([
        ...twoVersions(),
        mark('hold', { kind: 'dataset', dataset: 'flights', partition: DAY, version: null }),
      ]);
      expect(await errorOf(client.record([removed(OLD)]))).toMatch(
        /^VERSION_HELD: .*hold on dataset:flights\/2001-02-01 by ada/,
      );
    });
  });

  it('refuses to let go what an alias, an endpoint, a run or a publication came to need after the plan was made', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const { versions } = await client.retentionFacts('flights');
      const [needed] = versions.filter(({ needs }) => needs.some(({ need }) => need === 'alias'));
      const ref = needed?.ref as typeof OLD;
      expect(await errorOf(client.record([removed(ref)]))).toMatch(/^VERSION_HELD: .* came of it$/);

      await client.record(twoVersions());
      const decided = { ...removed(OLD), published: false } as LineageRecord;
      await client.record([{ ...published('run-0', OLD), key: 'published-again' }]);
      expect(await errorOf(client.record([decided]))).toMatch(
        /^VERSION_HELD: .* was published after that was decided$/,
      );
      await client.record([{ ...published('run-0', NEW), key: 'replaced-again' }, { ...runStarted('run-9', 'all') }]);
      await client.record([{ ...published('run-0', OLD), key: 'published-once-more' }]);
      expect(await errorOf(client.record([decided]))).toMatch(/^VERSION_HELD: .* has not ended and may read it$/);
      await client.record([runFinished('run-9'), { ...published('run-0', NEW), key: 'replaced-once-more' }]);

      expect(await client.record([decided])).toMatchObject([{ status: 'recorded' }]);
      expect(await client.record([decided])).toMatchObject([{ status: 'known' }]);
    });
  });

  it('refuses to let go what may be needed by a request that is committed with the removal', async () => {
    await withStore(async (store) => {
      await store.record(twoVersions());
      const again = [1, 2].map((number) => [{ ...published('run-0', NEW), key: `at-the-same-moment-${number}` }]);
      const answers = await Promise.allSettled([...again, [removed(OLD)]].map((records) => store.record(records)));
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
      expect(answers[2]).toMatchObject({
        reason: { code: 'VERSION_HELD', message: expect.stringMatching(/same moment$/) },
      });
      await expect(store.record([removed(OLD)])).resolves.toMatchObject([{ status: 'recorded' }]);
    });
  });

  it('keeps all that a model in service, or one under an alias, came of', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const decisions = Object.values(await plan(client, { keepFor: '1d', published: 'expire' }));
      expect(decisions.filter((decision) => decision === 'keep live_model alias').length).toBeGreaterThan(0);
      const { versions } = await client.retentionFacts('flights');
      expect(versions.flatMap(({ needs }) => needs.map(({ message }) => message))).toEqual(
        expect.arrayContaining([
          `${MODEL} v1, stable of endpoint flight-delays, came of it`,
          `${MODEL} v1, champion, came of it`,
        ]),
      );
    });
  });

  it('keeps what a run that has not ended wrote, or may have frozen when it began', async () => {
    await withOwner(async (client) => {
      await client.record([runStarted('run-1', 'all'), ...twoVersions()]);
      expect(await plan(client)).toEqual({ [`${DAY} old`]: 'keep run', [`${DAY} new`]: 'keep run published' });
      await client.record([runFinished('run-1')]);
      expect((await plan(client))[`${DAY} old`]).toBe('remove expired');
      await client.record([runStarted('run-2', 'all')]);
      expect((await plan(client))[`${DAY} old`]).toBe('remove expired');
    });
  });

  it('makes a version that was let go unreadable, sweepable, and readable again once it is written again', async () => {
    await withOwner(async (client) => {
      await client.record(twoVersions());
      const stored = (content: string) =>
        `store://default/sha256/${content.repeat(32).slice(0, 2)}/${content.repeat(32)}`;
      const ref = { ...datasetRef(partitionOf(2)), uri: stored('ab') };
      await client.record([datasetVersion('run-0', ref), published('run-0', ref), removed(ref)]);
      const [resolved] = await client.resolvePartitions('flights', [ref.partition]);
      expect(resolved).toEqual({ partition: ref.partition, state: 'missing', ref: null, taint: null });
      const [shown] = await client.datasetVersions('flights', { partition: ref.partition });
      expect(shown?.removedAt).toBe(AT);
      expect((await client.recordedObjects()).objects).toEqual([{ uri: ref.uri, manifest: true }]);
      const before = (time: string) => client.recordedObjects({ removedBefore: time });
      expect((await before(AT)).objects).toHaveLength(1);
      expect((await before('2002-01-01T00:00:00Z')).objects).toEqual([]);
      await client.record([datasetVersion('run-9', ref)]);
      expect((await before('2002-01-01T00:00:00Z')).objects).toHaveLength(1);
      expect((await client.resolvePartitions('flights', [ref.partition]))[0]?.state).toBe('available');
    });
  });
});

describe('a taint', () => {
  it('is told wherever the version is looked at, until it is cleared', async () => {
    await withOwner(async (client) => {
      await client.record(twoVersions());
      await client.record([mark('taint', version(NEW))]);
      const [resolved] = await client.resolvePartitions('flights', [DAY]);
      expect(resolved).toMatchObject({ state: 'tainted', ref: NEW, taint: 'ada: an audit is under way' });
      const graph = await client.graph(`dataset:flights/${DAY}`);
      expect(graph.nodes[0]?.details.taint).toBe('ada: an audit is under way');
      const [shown] = await client.datasetVersions('flights', { partition: DAY });
      expect(shown?.marks).toMatchObject([{ mark: 'taint', by: 'ada', on: `dataset:flights/${DAY}@${NEW.version}` }]);
      await client.record([lift('taint', version(NEW))]);
      expect((await client.resolvePartitions('flights', [DAY]))[0]?.state).toBe('available');
      expect(await errorOf(client.record([lift('taint', version(NEW))]))).toMatch(/^NOT_FOUND: there is no taint/);
      const { entries } = await client.audit({ actor: 'bob' });
      expect(entries.map(({ action, reason }) => [action, reason])).toEqual([['clear', 'it is over']]);
    });
  });

  it('is told to who writes the version again or makes something of it, as it is at that moment', async () => {
    await withOwner(async (client) => {
      const taints = async (...records: LineageRecord[]) =>
        (await client.record(records)).map(({ taint }) => taint?.replace(/@\w+/, ''));
      const written = datasetVersion('run-0', OLD);
      const why = `dataset:flights/${DAY} was recalled by ada: an audit is under way`;
      expect(await taints(written, published('run-0', OLD), mark('taint', version(OLD)))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      const made = datasetRef(DAY, 'made', 'features');
      const end = (step: string, type: string, dataset?: typeof OLD): LineageRecord => ({
        ...(stepFinished('run-1', step, type, [OLD]) as LineageRecordOf<'step_finished'>),
        ...(dataset && { output: { dataset } }),
      });
      const again = datasetVersion('run-1', OLD);
      expect(await taints(written, again, datasetVersion('run-1', NEW))).toEqual([why, why, undefined]);
      // What a check was compared with does not matter to what it was given.
      expect(
        await taints(
          ...[end('hot', 'transform', made), end('quality', 'check', made), end('evaluate', 'evaluate')],
          end('raw', 'ingest', OLD),
        ),
      ).toEqual([why, undefined, undefined, why]);
      // In one transaction with the mark, and once it is cleared.
      const day: Marked = { kind: 'dataset', dataset: 'flights', partition: DAY, version: null };
      expect(await taints(lift('taint', version(OLD)), mark('taint', day), again)).toEqual([undefined, undefined, why]);
      expect(await taints(lift('taint', day), again)).toEqual([undefined, undefined]);
    });
  });

  it('is on a model that is trained and not registered yet, and keeps it out of aliases once it is', async () => {
    await withOwner(async (client) => {
      const unknown = mark('taint', { kind: 'model', model: MODEL, digest: modelVersion(9).digest });
      expect(await errorOf(client.record([unknown]))).toMatch(/^MODEL_NOT_FOUND: .*has no version with the digest/);
      const on: Marked = { kind: 'model', model: MODEL, digest: modelVersion(1).digest };
      await client.record([trained('run-1', 1, [OLD]), mark('taint', on)]);
      // Also where both come in one transaction.
      const alias = aliasMoved('run-2', 'challenger', 1);
      expect(await errorOf(client.record([registered('run-1', 1), alias]))).toMatch(
        /^MODEL_TAINTED: .*recalled by ada/,
      );
      await client.record([registered('run-1', 1)]);
      expect(await errorOf(client.record([alias]))).toMatch(/^MODEL_TAINTED: .*recalled by ada/);
    });
  });

  it('keeps a model out of aliases and endpoints, unless somebody takes responsibility; what serves may be moved away from', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const { digest } = modelVersion(1);
      await client.record([mark('taint', { kind: 'model', model: MODEL, digest })]);
      expect((await client.model(MODEL)).versions[0]?.marks).toMatchObject([{ mark: 'taint', by: 'ada' }]);
      const alias = aliasMoved('run-2', 'challenger', 1);
      expect(await errorOf(client.record([alias]))).toMatch(/^MODEL_TAINTED: .*recalled by ada: an audit/);
      const other = { ...endpointChanged('other', 0, modelVersion(1)), endpoint: 'other' } as LineageRecord;
      expect(await errorOf(client.record([other]))).toMatch(/^MODEL_TAINTED: .*endpoint other cannot serve v1/);
      const force = { by: 'eve', reason: 'nothing else is left' };
      await client.record([
        { ...alias, force },
        { ...other, force },
      ] as LineageRecord[]);
      const generation = (await client.endpoint('flight-delays'))?.generation ?? 0;
      await client.record([endpointChanged('again', generation, modelVersion(1))]);
    });
  });
});
