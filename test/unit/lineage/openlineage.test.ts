import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { project } from '../../../engine/lineage/projection.js';
import { openLineageRecord } from '../../../engine/lineage/openlineage/intake.js';
import { newestEvents, runEvents } from '../../../engine/lineage/openlineage/run-events.js';
import { isMillraceError, openLineageRunEventSchema, type LineageRecord } from '../../../schemas/index.js';
import { facetNames, specificationProblems } from '../../support/openlineage-spec.js';
import {
  AT,
  datasetRef,
  datasetVersion,
  february,
  published,
  quality,
  runFinished,
  runStarted,
  stepFinished,
} from './story.js';
import { errorOf, withOwner } from './support.js';

const PRODUCER = 'https://example.org/airflow';

const event = {
  eventType: 'COMPLETE',
  eventTime: '2001-03-02T02:00:00+01:00',
  producer: PRODUCER,
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: '01941f29-7c00-7d10-8000-000000000001', facets: {} },
  job: { namespace: 'airflow', name: 'exports/flights' },
  inputs: [{ namespace: 'postgres://db:5432', name: 'public.flights' }],
  outputs: [
    {
      namespace: 'file',
      name: 'data/flights.parquet',
      facets: { schema: { _producer: PRODUCER, _schemaURL: `${PRODUCER}/schema`, fields: [] } },
    },
  ],
};

const send = async (url: string, body: unknown) => {
  const response = await fetch(`${url}/api/v1/lineage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as { error?: { code: string; problems: unknown[] } },
  };
};

/** The records of the run of February's training. */
const training = february().filter((record) => 'runId' in record && record.runId === 'run-1');

describe('OpenLineage events of other tools', () => {
  it('join the graph: a model comes from the table that another tool exported', async () => {
    await withOwner(async (client, url) => {
      await client.record(february());
      expect(await send(url, event)).toEqual({ status: 200, body: { status: 'recorded' } });
      expect(await send(url, event)).toEqual({ status: 200, body: { status: 'known' } });
      const { nodes } = await client.graph('endpoint:flight-delays');
      expect(nodes.map(({ id }) => id)).toEqual(
        expect.arrayContaining([
          'source:data/flights.parquet',
          'run:01941f29-7c00-7d10-8000-000000000001/exports%2Fflights',
          'source:postgres://db:5432/public.flights',
        ]),
      );
      const impact = await client.impact('source:postgres://db:5432/public.flights');
      expect(impact.endpoints.map(({ endpoint }) => endpoint)).toEqual(['flight-delays']);
    });
  });

  it('join the published versions of a dataset of ours that they name without one', async () => {
    await withOwner(async (client, url) => {
      await client.record(february());
      const report = { namespace: 's3://bi', name: 'report' };
      const ours = { namespace: 'millrace', name: 'flights' };
      const none = await client.graph('dataset:flights/2001-02-03', { direction: 'downstream' });
      expect(none.nodes.map(({ id }) => id)).not.toContain('source:millrace/flights');
      await send(url, { ...event, inputs: [ours], outputs: [report] });
      const down = await client.graph('dataset:flights/2001-02-03', { direction: 'downstream' });
      expect(down.nodes.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['source:millrace/flights', 'source:s3://bi/report']),
      );
      const up = await client.graph('s3://bi/report');
      const versions = up.nodes.filter(({ id }) => id.startsWith('dataset:flights/'));
      expect(versions).toHaveLength(28);
      // What is no longer read for its partition was not meant.
      const [before] = versions.filter(({ id }) => id.startsWith('dataset:flights/2001-02-03@'));
      const other = { ...datasetRef('2001-02-03'), version: 'f'.repeat(32) };
      await client.record([
        runStarted('again', '2001-02-03'),
        datasetVersion('again', other),
        published('again', other),
      ]);
      const after = await client.graph('s3://bi/report');
      const ids = after.nodes.map(({ id }) => id);
      expect(ids).toContain(`dataset:flights/2001-02-03@${other.version}`);
      expect(ids).not.toContain(before?.id);
    });
  });

  it('join what an ingest step read by the name that tools have for it, or one that the facet symlinks gives', async () => {
    const ref = datasetRef('2001-02-03');
    const read = [
      { namespace: 'postgres://db:5432', name: 'shop.public.orders' },
      { namespace: 's3://lake', name: 'warehouse/orders' },
    ];
    const records = [
      runStarted('r', '2001-02-03'),
      { ...datasetVersion('r', ref), sources: read } as LineageRecord,
      stepFinished('r', 'raw', 'ingest', []),
    ];
    const told = runEvents(records.map((record) => ('runId' in record ? record : (record as never))));
    expect(told[1]?.inputs?.map(({ namespace, name }) => ({ namespace, name }))).toEqual(read);
    expect(told.flatMap(specificationProblems)).toEqual([]);
    await withOwner(async (client, url) => {
      await client.record(records);
      const table = {
        namespace: 'hive://metastore:9083',
        name: 'raw.orders',
        facets: {
          symlinks: {
            _producer: PRODUCER,
            _schemaURL: 'https://openlineage.io/spec/facets/1-0-1/SymlinksDatasetFacet.json',
            identifiers: [{ namespace: 's3://lake', name: '/warehouse/orders/', type: 'LOCATION' }],
          },
        },
      };
      const loaded = { ...event, inputs: [], outputs: [read[0], table] };
      expect((await send(url, loaded)).status).toBe(200);
      const { nodes, edges } = await client.graph(`dataset:flights/2001-02-03@${ref.version}`);
      expect(nodes.map(({ id }) => id)).toContain(`run:${event.run.runId}/exports%2Fflights`);
      expect(edges).toContainEqual({
        from: 'source:hive://metastore:9083/raw.orders',
        to: 'source:s3://lake/warehouse/orders',
      });
      const back = { ...event, inputs: [table], outputs: [{ namespace: 'bi', name: 'report' }] };
      expect((await send(url, back)).status).toBe(200);
      const down = await client.graph('s3://lake/warehouse/orders', { direction: 'downstream' });
      expect(down.nodes.map(({ id }) => id)).toEqual(
        expect.arrayContaining([`dataset:flights/2001-02-03@${ref.version}`, 'source:bi/report']),
      );
    });
  });

  it('say where columns come from, also through datasets of ours; the newest that tells it counts', async () => {
    const field = (namespace: string, name: string, column: string, ...transformations: object[]) => ({
      ...{ namespace, name, field: column, transformations },
    });
    const table = (name: string, fields: object, more: object = {}) => ({
      ...{ namespace: 'postgres://db:5432', name },
      facets: { columnLineage: { _producer: PRODUCER, _schemaURL: `${PRODUCER}/c`, fields, ...more } },
    });
    const identity = { type: 'DIRECT', subtype: 'IDENTITY' };
    const events = (at: string, outputs: object[]) => ({ ...event, eventTime: at, inputs: [], outputs });
    await withOwner(async (client, url) => {
      await client.record(february());
      const ours = field('millrace', 'flights', 'delay', { type: 'DIRECT', subtype: 'AGGREGATION' });
      const old = table('app.delays', { mean: { inputFields: [field('millrace', 'flights', 'origin', identity)] } });
      const filter = field('millrace', 'flights', 'origin', { type: 'INDIRECT', subtype: 'FILTER' });
      const newer = [
        table('app.delays', { mean: { inputFields: [ours, filter] } }, { dataset: [filter] }),
        table('app.copy', { m: { inputFields: [field('postgres://db:5432', 'app.delays', 'mean', identity)] } }),
        table('app.broken', { m: { inputFields: 'none' } }),
      ];
      for (const body of [events(AT, [old]), events('2001-03-03T00:00:00Z', newer)]) {
        expect((await send(url, body)).status).toBe(200);
      }
      const told = (graph: Awaited<ReturnType<typeof client.columns>>) =>
        graph.edges.map(({ from, to, how }) => `${to.dataset}.${to.column} <- ${from.dataset}.${from.column} ${how}`);
      const chain = [
        'postgres://db:5432/app.copy.m <- postgres://db:5432/app.delays.mean identity',
        'postgres://db:5432/app.delays.mean <- flights.delay aggregation',
      ];
      expect(told(await client.columns('postgres://db:5432/app.copy', { column: 'm' }))).toEqual(chain);
      expect(told(await client.columns('flights', { direction: 'downstream' }))).toEqual(chain.toReversed());
      expect(await errorOf(client.columns('postgres://db:5432/app.broken'))).toMatch(/^NOT_FOUND/);
      expect(await client.verifyAudit()).toMatchObject({ ok: true });
    });
  });

  it('come in batches as well, of which all events are taken or none', async () => {
    await withOwner(async (client, url) => {
      const batch = async (body: unknown) => {
        const response = await fetch(`${url}/api/v1/lineage/batch`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return { status: response.status, body: await response.json() };
      };
      const { eventTime, producer, schemaURL, job, inputs } = event;
      const base = { eventTime, producer, schemaURL };
      const ofJob = { ...base, job, inputs };
      const ofDataset = { ...base, dataset: inputs[0] };
      expect(await batch([event, ofJob, event, ofDataset])).toEqual({ status: 200, body: { recorded: 3, known: 0 } });
      expect(await batch([event, { ...event, eventType: 'START' }])).toEqual({
        status: 200,
        body: { recorded: 1, known: 1 },
      });
      const broken = { ...event, eventType: 'OTHER', inputs: [{ namespace: 'x' }] };
      expect(await batch([{ ...event, eventType: 'FAIL' }, broken, 7])).toMatchObject({
        status: 400,
        body: { error: { code: 'INPUT_INVALID', problems: [{ path: '[1].inputs[0].name' }, { path: '[2]' }] } },
      });
      expect((await batch([])).status).toBe(400);
      expect((await client.health()).records).toBe(4);
    });
  });

  it('name versions of ours by the facets that ours carry', async () => {
    await withOwner(async (client, url) => {
      await client.record(february());
      const [, end] = (await client.openLineage('run-1')).filter(({ job }) => job.name === 'flight-delays.train');
      const report = { ...event, inputs: end?.inputs, outputs: [{ namespace: 'bi', name: 'dashboard' }] };
      expect((await send(url, report)).status).toBe(200);
      const { nodes } = await client.graph('dataset:flights/2001-02-03', { direction: 'downstream' });
      expect(nodes.map(({ id }) => id)).toContain('source:bi/dashboard');
    });
  });

  it.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['no run id', { ...event, run: {} }, 'run.runId'],
    ['no time', { ...event, eventTime: 'yesterday' }, 'eventTime'],
    ['an unknown type', { ...event, eventType: 'DONE' }, 'eventType'],
    ['a dataset without a name', { ...event, inputs: [{ namespace: 'x' }] }, 'inputs[0].name'],
    [
      'a facet without a producer',
      { ...event, run: { ...event.run, facets: { a: { b: 1 } } } },
      'run.facets.a._producer',
    ],
    ['nothing', {}, 'dataset'],
  ])('with %s are refused with the path', async (_, body, path) => {
    await withOwner(async (__, url) => {
      const answer = await send(url, body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'INPUT_INVALID' } } });
      expect(answer.body.error?.problems).toContainEqual(expect.objectContaining({ path }));
    });
  });

  it('that are malformed in 10,000 ways are refused with a code, and never anything else', () => {
    // Events that are right but for one place, and any JSON at all.
    const place = fc.constantFrom('eventTime', 'producer', 'schemaURL', 'run', 'job', 'inputs', 'outputs', 'eventType');
    const broken = fc.tuple(place, fc.jsonValue()).map(([name, value]) => ({ ...event, [name]: value }));
    const anything = fc.oneof(
      broken,
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('run', 'job', 'dataset', 'inputs'), fc.jsonValue()),
    );
    let refused = 0;
    fc.assert(
      fc.property(anything, (value) => {
        try {
          expect(openLineageRecord(value).kind).toBe('openlineage_event');
        } catch (error) {
          if (!isMillraceError(error)) throw error;
          expect(error.code).toBe('INPUT_INVALID');
          expect(error.problems.length).toBeGreaterThan(0);
          refused += 1;
        }
      }),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(5000);
  });

  /** Events of ours and of another tool with all their facets, spoiled at any place. */
  const whole = [event, ...runEvents(training).map((one) => ({ ...one, inputs: one.inputs?.slice(0, 2) }))];
  const spoiled = fc
    .tuple(
      fc.constantFrom<object>(...whole),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.oneof(
        fc.constant(undefined),
        fc.jsonValue(),
        fc.constantFrom<unknown>('x'.repeat(10_000), 1e308, [[]], { _producer: 1 }),
      ),
    )
    .map(([base, at, value]) => {
      const copy = JSON.parse(JSON.stringify(base)) as object;
      const places = placesOf(copy);
      const [holder, name] = places[Math.floor(at * places.length)] ?? [copy, 'run'];
      if (value === undefined) delete (holder as Record<string, unknown>)[name];
      else (holder as Record<string, unknown>)[name] = value;
      return copy;
    });

  /** Every member of every object, with what holds it. */
  function placesOf(holder: object): [object, string][] {
    return Object.entries(holder).flatMap(([name, member]) => {
      const below = typeof member === 'object' && member !== null ? placesOf(member as object) : [];
      return [[holder, name] as [object, string], ...below];
    });
  }

  it('that are spoiled at any of 10,000 places are refused by path, or recorded whole and in the graph', () => {
    const counts = { refused: 0, taken: 0 };
    fc.assert(
      fc.property(spoiled, (value) => {
        try {
          const record = openLineageRecord(value);
          expect(project(record, {}).every(({ table }) => table === 'edges')).toBe(true);
          counts.taken += 1;
        } catch (error) {
          if (!isMillraceError(error)) throw error;
          expect(error.code).toBe('INPUT_INVALID');
          expect(error.problems.length).toBeGreaterThan(0);
          counts.refused += 1;
        }
      }),
      { numRuns: 10_000 },
    );
    expect(counts.refused).toBeGreaterThan(1000);
    expect(counts.taken).toBeGreaterThan(1000);
  });

  it('that are spoiled never stop the owner, and what it took can be made again from the record', async () => {
    await withOwner(async (client, url) => {
      const values = fc.sample(spoiled, 1000);
      const statuses = new Map<number, number>();
      for (let start = 0; start < values.length; start += 50) {
        for (const { status } of await Promise.all(values.slice(start, start + 50).map((value) => send(url, value)))) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }
      expect([...statuses.keys()].sort()).toEqual([200, 400]);
      const { records } = await client.health();
      expect(await client.rebuild()).toBe(records);
      expect(await client.verifyAudit()).toMatchObject({ ok: true, events: records });
    });
  });

  it('that name a job or dataset with half a character are refused by path', async () => {
    await withOwner(async (_, url) => {
      const half = 'a\ud800';
      for (const [path, spoiled] of [
        ['job.name', { ...event, job: { ...event.job, name: half } }],
        ['inputs[0].name', { ...event, inputs: [{ namespace: 'file', name: half }] }],
      ] as const) {
        const response = await send(url, spoiled);
        expect(response).toMatchObject({
          status: 400,
          body: { error: { code: 'INPUT_INVALID', problems: [{ path }] } },
        });
      }
    });
  });

  it('may be packed with gzip, within the limit of what they hold', async () => {
    await withOwner(async (client, url) => {
      const packed = (body: string | Buffer, encoding = 'gzip') =>
        fetch(`${url}/api/v1/lineage`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-encoding': encoding },
          body: gzipSync(body),
        });
      expect(await (await packed(JSON.stringify(event))).json()).toEqual({ status: 'recorded' });
      expect((await send(url, event)).body).toEqual({ status: 'known' });
      const bomb = JSON.stringify({ ...event, x: 'x'.repeat(17 * 1024 * 1024) });
      expect((await packed(bomb)).status).toBe(413);
      const broken = await fetch(`${url}/api/v1/lineage`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: 'not packed',
      });
      expect([broken.status, (await packed(JSON.stringify(event), 'br')).status]).toEqual([400, 400]);
      expect((await client.health()).records).toBe(1);
    });
  });

  it('do not stop the owner, whatever they are', async () => {
    await withOwner(async (client, url) => {
      const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
      for (const body of ['', '{', 'null', '"x"', deep, `[${deep}]`, JSON.stringify({ ...event, x: '\u0000\ud800' })]) {
        const { status } = await send(url, body);
        expect([body.slice(0, 20), status < 500]).toEqual([body.slice(0, 20), true]);
      }
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          expect((await send(url, { ...event, inputs: value })).status).toBeLessThan(500);
        }),
        { numRuns: 100 },
      );
      expect((await client.health()).status).toBe('ok');
    });
  });
});

describe('a run as OpenLineage events', () => {
  it('is a START and one terminal event for the run and for each step that began, in the same ids each time', () => {
    const events = runEvents(training);
    expect(events).toEqual(runEvents(training));
    for (const one of events) expect(openLineageRunEventSchema.safeParse(one).error).toBeUndefined();
    for (const one of events) expect(specificationProblems(one)).toEqual([]);
    expect(events.map(({ eventType, job }) => `${eventType} ${job.name}`)).toEqual([
      'START flight-delays',
      'START flight-delays.train',
      'COMPLETE flight-delays.train',
      'RUNNING flight-delays',
      'COMPLETE flight-delays',
    ]);
    const [start, , step] = events;
    expect(step?.run.facets?.parent).toMatchObject({ run: { runId: start?.run.runId } });
    expect(step?.inputs).toHaveLength(28);
    expect(step?.outputs).toMatchObject([
      { name: 'models/flight-delays', facets: { datasetType: { datasetType: 'MODEL' } } },
    ]);
    expect(step?.run.facets?.millrace_training).toMatchObject({ seed: 17, metrics: { roc_auc: 0.67 } });
  });

  it('carries schema, version, statistics, tests and the error of what failed', () => {
    const ref = datasetRef('2001-02-03');
    const night = february().filter((record) => 'runId' in record && record.runId === 'night-2001-02-03');
    const failed = {
      ...stepFinished('r', 'raw', 'ingest', []),
      status: 'failed',
      code: 'SOURCE_FAILED',
      summary: 'gone',
    } as LineageRecord;
    const [, , end] = runEvents(night);
    expect(end).toMatchObject({
      outputs: [
        {
          namespace: 'millrace',
          name: 'flights',
          facets: {
            schema: { fields: [{ name: 'delay', type: 'BIGINT' }] },
            version: { datasetVersion: ref.version },
            millrace_partition: { key: '2001-02-03' },
          },
          outputFacets: { outputStatistics: { rowCount: ref.rows, size: ref.bytes } },
        },
      ],
    });
    const ended = (reason: string) => {
      const end = { ...runFinished('r'), verdict: 'failed', reason, message: 'it was stopped' } as LineageRecord;
      return runEvents([runStarted('r', '2001-02-03'), datasetVersion('r', ref), failed, end]);
    };
    const events = ended('CANCELLED');
    for (const reason of ['CANCELLED', 'TERMINATED']) {
      expect(ended(reason).map(({ eventType }) => eventType)).toEqual(['START', 'START', 'FAIL', 'ABORT']);
    }
    expect(ended('LOST').at(-1)?.eventType).toBe('FAIL');
    expect(events[2]?.run.facets?.errorMessage).toMatchObject({ message: 'SOURCE_FAILED: gone' });
    expect(events.every(({ eventTime }) => eventTime === AT)).toBe(true);
  });

  it('names the commit of the code, what checks measured, and where columns come from', () => {
    const [raw, clean] = [datasetRef('2001-02-03'), datasetRef('2001-02-03', 'clean', 'clean-flights')];
    const suite = { checks: [{ type: 'not_null', column: 'delay' }] };
    const location = {
      repository: 'https://example.org/team/flights.git',
      revision: 'abc',
      branch: 'main',
      path: 'etl',
    };
    const start = {
      ...runStarted('r', '2001-02-03'),
      specification: { steps: { quality: { type: 'check', suite } } },
      codeLocation: { ...location, modified: false },
    };
    const columns = { delay: [{ dataset: 'flights', column: 'delay', how: 'transformation' as const }] };
    const rows = [{ dataset: 'flights', column: 'origin', how: 'filter' as const }];
    const version = { ...datasetVersion('r', clean), columnLineage: { columns, rows, untold: [] } } as LineageRecord;
    const events = runEvents([
      start,
      version,
      stepFinished('r', 'raw', 'transform', [raw]),
      quality('r', raw, 'fail'),
      stepFinished('r', 'quality', 'check', [raw]),
      stepFinished('r', 'quality', 'check', [raw]),
    ]);
    expect(events.flatMap(specificationProblems)).toEqual([]);
    const [, , transformed, , checked, , again] = events;
    expect(transformed?.job.facets?.sourceCodeLocation).toMatchObject({
      type: 'git',
      url: 'https://example.org/team/flights/tree/abc/etl',
      version: 'abc',
      branch: 'main',
    });
    expect(transformed?.outputs?.[0]?.facets?.columnLineage).toMatchObject({
      fields: {
        delay: {
          inputFields: [
            {
              namespace: 'millrace',
              name: 'flights',
              field: 'delay',
              transformations: [{ type: 'DIRECT', subtype: 'TRANSFORMATION' }],
            },
          ],
        },
      },
      dataset: [{ name: 'flights', field: 'origin', transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }],
    });
    const [input] = checked?.inputs ?? [];
    expect(input?.inputFacets?.dataQualityMetrics).toMatchObject({
      rowCount: raw.rows,
      columnMetrics: { delay: { nullCount: 3, count: raw.rows - 3 } },
    });
    expect(input?.inputFacets?.dataQualityAssertions).toMatchObject({
      assertions: [{ assertion: 'not_null', success: false, severity: 'error', column: 'delay' }],
    });
    // A step that is begun again is a run of its own, without what the time before has found.
    expect(again?.run.runId).not.toBe(checked?.run.runId);
    expect(facetNames(again)).not.toContain('test');
  });

  it('is the same at its end as when it was told as it came', () => {
    const records = february().flatMap((record) => ('runId' in record ? [record] : []));
    const asItCame = records.flatMap((record, index) =>
      newestEvents(records.slice(0, index + 1).filter(({ runId }) => runId === record.runId)),
    );
    const atItsEnd = [...new Set(records.map(({ runId }) => runId))].flatMap((id) =>
      runEvents(records.filter(({ runId }) => runId === id)),
    );
    expect(asItCame).toEqual(atItsEnd);
    expect(atItsEnd.flatMap(specificationProblems)).toEqual([]);
  });

  it('is not there for a run that is not on record', async () => {
    await withOwner(async (client) => {
      expect(await errorOf(client.openLineage('nothing'))).toMatch(/^NOT_FOUND/);
    });
  });
});
