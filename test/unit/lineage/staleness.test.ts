import * as fc from 'fast-check';
import type { LineageClient } from '../../../engine/lineage/index.js';
import { sha256 } from '../../../engine/digest.js';
import type { DatasetVersionRef, LineageRecord, StaleResponse } from '../../../schemas/index.js';
import { AT, datasetRef, runStarted } from './story.js';
import { errorOf, withOwner } from './support.js';

const PARTITIONS = { kind: 'daily', timezone: 'UTC' };

interface Spec {
  sql?: string;
  partitions?: object;
  tag?: string;
  window?: number;
}

/** Two datasets: `flights` is ingested, `daily` is made from it. */
function specification({ sql = 'SELECT 1', partitions = PARTITIONS, tag, window }: Spec = {}): never {
  const input = { dataset: 'flights', ...(window === undefined ? {} : { window: { last: window } }) };
  return {
    partitions,
    steps: {
      raw: { type: 'ingest', source: { kind: 'parquet', path: 'flights.parquet' }, dataset: 'flights' },
      agg: {
        type: 'transform',
        sql,
        dataset: 'daily',
        inputs: { flights: input },
        ...(tag === undefined ? {} : { tag }),
      },
    },
  } as never;
}

const begin = (runId: string, partition: string, spec?: Spec): LineageRecord => ({
  ...runStarted(runId, partition),
  pipeline: 'nightly',
  specification: specification(spec),
  specificationDigest: sha256(JSON.stringify(spec ?? {})),
});

const end = (runId: string, verdict: 'succeeded' | 'failed'): LineageRecord => ({
  kind: 'run_finished',
  key: `${runId}/end`,
  at: AT,
  runId,
  verdict,
  reason: verdict === 'failed' ? 'SQL_FAILED' : 'COMPLETED',
  message: verdict === 'failed' ? 'agg: division by zero' : 'all steps succeeded',
});

function written(runId: string, step: string, ref: DatasetVersionRef, inputs: DatasetVersionRef[]): LineageRecord[] {
  const { dataset, partition, version } = ref;
  const base = (fact: string) => ({ key: `${runId}/${step}/${fact}`, at: AT, runId, step });
  return [
    { ...base('version'), kind: 'dataset_version', ref, columns: [] },
    { ...base('published'), kind: 'dataset_published', dataset, partition, version },
    {
      ...base('end'),
      kind: 'step_finished',
      type: 'transform',
      status: 'succeeded',
      startedAt: AT,
      summary: '',
      code: null,
      inputs,
      inputModels: [],
    },
  ];
}

/** A run that ingests a day and makes the aggregate of it. */
function night(runId: string, day: string, content = day, spec?: Spec): LineageRecord[] {
  const raw = datasetRef(day, content);
  return [
    begin(runId, day, spec),
    ...written(runId, 'raw', raw, []),
    ...written(runId, 'agg', datasetRef(day, content, 'daily'), [raw]),
    end(runId, 'succeeded'),
  ];
}

const told = ({ partitions }: StaleResponse) =>
  partitions.map(({ dataset, partition, reasons }) => [dataset, partition, ...reasons.map(({ reason }) => reason)]);

async function stale(client: LineageClient, ...nights: LineageRecord[][]): Promise<unknown[]> {
  for (const records of nights) await client.record(records);
  return told(await client.stale());
}

describe('stale', () => {
  it('is nothing after runs that read what is published', async () => {
    await withOwner(async (client) => {
      const answer = await stale(client, night('r1', '2001-02-01'), night('r2', '2001-02-02'));
      expect(answer).toEqual([]);
    });
  });

  it('is nothing where a check left out rows of what it read, until the step before it changes', async () => {
    await withOwner(async (client) => {
      const day = '2001-02-01';
      const nightOf = (runId: string, sql: string): LineageRecord[] => {
        const steps = {
          raw: { type: 'transform', sql, dataset: 'flights', inputs: {} },
          quality: { type: 'check', input: 'raw', suite: { checks: [] }, quarantine: 'split' },
        };
        const bad = written(runId, 'quality', datasetRef(day, 'bad', 'flights-quarantine'), []).slice(0, 2);
        const whole = datasetRef(day, 'whole');
        return [
          { ...begin(runId, day), specification: { partitions: PARTITIONS, steps } as never } as LineageRecord,
          ...written(runId, 'raw', whole, []).filter(({ kind }) => kind !== 'dataset_published'),
          ...bad.map((record) => ({ ...record, key: `${record.key}/bad` })),
          ...written(runId, 'quality', datasetRef(day, 'left'), [whole]),
          end(runId, 'succeeded'),
        ];
      };
      expect(await stale(client, nightOf('r1', 'SELECT 1'))).toEqual([]);
      const [begun, ...rest] = nightOf('r2', 'SELECT 2');
      expect(await stale(client, [begun!])).toEqual([
        ['flights', day, 'code_changed'],
        ['flights-quarantine', day, 'code_changed'],
      ]);
      expect(await stale(client, rest)).toEqual([]);
    });
  });

  it('names the input that was published in another version, and the run and version that read the old one', async () => {
    await withOwner(async (client) => {
      await stale(client, night('r1', '2001-02-01'));
      await client.record([
        begin('r2', '2001-02-01'),
        ...written('r2', 'raw', datasetRef('2001-02-01', 'corrected'), []),
      ]);
      const { partitions, total, counts } = await client.stale();
      expect(partitions).toEqual([
        {
          dataset: 'daily',
          partition: '2001-02-01',
          version: datasetRef('2001-02-01', '2001-02-01', 'daily').version,
          runId: 'r1',
          reasons: [
            {
              reason: 'input_changed',
              message: `flights 2001-02-01 was read as ${datasetRef('2001-02-01').version.slice(0, 12)} and is ${datasetRef('2001-02-01', 'corrected').version.slice(0, 12)} now`,
            },
          ],
        },
      ]);
      expect([total, counts.input_changed, counts.missing]).toEqual([1, 1, 0]);
    });
  });

  it('is nothing where a repetition wrote the same content from other inputs', async () => {
    await withOwner(async (client) => {
      const same = datasetRef('2001-02-01', 'same', 'daily');
      const [one, two] = [datasetRef('2001-02-01', 'one'), datasetRef('2001-02-01', 'two')];
      const answer = await stale(
        client,
        [begin('r1', '2001-02-01'), ...written('r1', 'raw', one, []), ...written('r1', 'agg', same, [one])],
        [begin('r2', '2001-02-01'), ...written('r2', 'raw', two, []), ...written('r2', 'agg', same, [two])],
      );
      expect(answer).toEqual([]);
    });
  });

  it('tells SQL from the rest of a step, and takes no notice of where and how long a step runs', async () => {
    await withOwner(async (client) => {
      const [d1, d2, d3] = ['2001-02-01', '2001-02-02', '2001-02-03'];
      await stale(client, night('r1', d1, d1, { tag: 'large' }), night('r2', d2, d2), night('r3', d3, d3));
      expect(told(await client.stale())).toEqual([]);
      expect(await stale(client, night('r4', d3, d3, { sql: 'SELECT 2' }))).toEqual([
        ['daily', d1, 'code_changed'],
        ['daily', d2, 'code_changed'],
      ]);
      expect(await stale(client, night('r5', d3, d3, { sql: 'SELECT 1', window: 1 }))).toEqual([
        ['daily', d1, 'specification_changed'],
        ['daily', d2, 'specification_changed'],
      ]);
    });
  });

  it('goes by what a worker declared rather than by the parameters of the newest run', async () => {
    await withOwner(async (client) => {
      await stale(client, night('r1', '2001-02-01'), night('r2', '2001-02-02', '2001-02-02', { sql: 'SELECT 2' }));
      expect(told(await client.stale())).toEqual([['daily', '2001-02-01', 'code_changed']]);
      await client.record([
        {
          kind: 'pipeline_declared',
          key: 'declared/1',
          at: AT,
          pipeline: 'nightly',
          specification: specification(),
          specificationDigest: sha256('declared'),
        },
      ]);
      expect(told(await client.stale())).toEqual([['daily', '2001-02-02', 'code_changed']]);
    });
  });

  it('tells a partition whose last run failed from one that no run was ever for', async () => {
    await withOwner(async (client) => {
      await stale(client, night('r1', '2001-02-01'), night('r4', '2001-02-04'));
      await client.record([begin('r2', '2001-02-02'), end('r2', 'failed')]);
      await client.record([begin('r5', '2001-02-04'), end('r5', 'failed')]);
      expect(told(await client.stale())).toEqual([
        ['daily', '2001-02-02', 'failed'],
        ['daily', '2001-02-03', 'missing'],
        ['daily', '2001-02-04', 'failed'],
        ['flights', '2001-02-02', 'failed'],
        ['flights', '2001-02-03', 'missing'],
        ['flights', '2001-02-04', 'failed'],
      ]);
      const [second] = (await client.stale({ dataset: 'daily' })).partitions;
      expect(second).toMatchObject({
        version: null,
        reasons: [{ message: 'run r2 failed: SQL_FAILED, agg: division by zero' }],
      });
      // What was made good is fresh again.
      await client.record(night('r6', '2001-02-02'));
      expect(told(await client.stale({ dataset: 'daily' }))).toEqual([
        ['daily', '2001-02-03', 'missing'],
        ['daily', '2001-02-04', 'failed'],
      ]);
    });
  });

  it('expects the keys that the pipeline has by now', async () => {
    await withOwner(async (client) => {
      const partitions = { ...PARTITIONS, start: '2001-01-30', end: '2001-02-02' };
      expect(await stale(client, night('r1', '2001-02-01', 'x', { partitions }))).toEqual([
        ['daily', '2001-01-30', 'missing'],
        ['daily', '2001-01-31', 'missing'],
        ['daily', '2001-02-02', 'missing'],
        ['flights', '2001-01-30', 'missing'],
        ['flights', '2001-01-31', 'missing'],
        ['flights', '2001-02-02', 'missing'],
      ]);
    });
  });

  it('gives pages that follow each other without gap or repetition', async () => {
    await withOwner(async (client) => {
      const days = Array.from({ length: 20 }, (_, index) => `2001-02-${String(index + 1).padStart(2, '0')}`);
      for (const day of days) await client.record(night(`r-${day}`, day));
      await client.record([begin('changed', '2001-02-20', { sql: 'SELECT 3' })]);
      const seen: unknown[] = [];
      let after: string | undefined;
      do {
        const page: StaleResponse = await client.stale({ limit: 7, ...(after === undefined ? {} : { after }) });
        expect(page.total).toBe(20);
        seen.push(...told(page));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(days.map((day) => ['daily', day, 'code_changed']));
      expect(await errorOf(client.stale({ after: 'x' }))).toMatch(/^INPUT_INVALID: query: after/);
    });
  });

  it('agrees with a walk over the records, whatever happened', async () => {
    const happening = fc.record({
      day: fc.integer({ min: 1, max: 4 }),
      step: fc.constantFrom('raw' as const, 'agg' as const),
      content: fc.integer({ min: 1, max: 3 }),
      reads: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }),
    });
    await withOwner(async (client) => {
      let story = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 15 }), async (happenings) => {
          // Each story has datasets of its own in the one database.
          const [flights, daily] = [`flights-${++story}`, `daily-${story}`];
          const heads = new Map<string, DatasetVersionRef>();
          const readBy = new Map<string, DatasetVersionRef[]>();
          for (const [index, { day, step, content, reads }] of happenings.entries()) {
            const runId = `s${story}-${index}`;
            const ref = datasetRef(`p${day}`, `${day}/${content}`, step === 'raw' ? flights : daily);
            const inputs = step === 'raw' ? [] : reads.flatMap((other) => heads.get(`${flights}/p${other}`) ?? []);
            heads.set(`${ref.dataset}/${ref.partition}`, ref);
            readBy.set(`${ref.dataset}/${ref.partition}@${ref.version}`, inputs);
            await client.record(written(runId, step, ref, inputs));
          }
          const expected = [...heads.values()]
            .filter((ref) =>
              (readBy.get(`${ref.dataset}/${ref.partition}@${ref.version}`) ?? []).some(
                (input) => heads.get(`${input.dataset}/${input.partition}`)?.version !== input.version,
              ),
            )
            .map(({ dataset, partition }) => [dataset, partition, 'input_changed'])
            .sort((a, b) => String(a).localeCompare(String(b)));
          expect(told(await client.stale({ dataset: daily }))).toEqual(expected);
          expect(told(await client.stale({ dataset: flights }))).toEqual([]);
        }),
        { numRuns: 12 },
      );
    });
  });
});

describe('impact', () => {
  it('is all that contains a version, near and far', async () => {
    await withOwner(async (client) => {
      await client.record(night('r1', '2001-02-01'));
      const impact = await client.impact('dataset:flights/2001-02-01');
      expect(impact).toMatchObject({
        endpoints: [],
        models: [],
        datasets: [{ dataset: 'daily', partition: '2001-02-01', published: true }],
        runs: [{ runId: 'r1', pipeline: 'nightly', partition: '2001-02-01', startedAt: AT }],
      });
      expect(await errorOf(client.impact('dataset:flights/2002-01-01'))).toMatch(/^NOT_FOUND/);
    });
  });
});
