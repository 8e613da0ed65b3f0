import fc from 'fast-check';
import { cacheKey, whyComputed, freezePipeline, type StepToKey } from '../../../engine/pipelines/index.js';
import {
  cacheDecision,
  cacheProblems,
  changingCall,
  parseWith,
  pipelineSchema,
  secondsOf,
  stepSchema,
  type CacheableStep,
  type DatasetVersionRef,
} from '../../../schemas/index.js';

const ref = (version: string, partition = '2001-03-01', dataset = 'flights'): DatasetVersionRef => ({
  ...{ dataset, partition, version: version.repeat(32).slice(0, 32) },
  ...{ uri: `store://local/${version}`, rows: 1, bytes: 1, schemaFingerprint: 'f'.repeat(64) },
});
const step = (fields: object) => stepSchema.parse(fields) as CacheableStep;
const transform = (more: object = {}) =>
  step({ type: 'transform', inputs: { flights: 'raw' }, sql: 'SELECT 1', params: { a: 1 }, dataset: 'out', ...more });
const train = (more: object = {}) =>
  step({
    ...{ type: 'train', trainer: { directory: 'trainer', command: ['python', 'train.py'] }, model: 'delay' },
    ...{ inputs: { rows: 'raw' }, params: { depth: 3 }, seed: 1, ...more },
  });
const command = (more: object = {}) =>
  step({ type: 'command', command: ['run'], env: { REGION: 'north' }, needs: ['raw'], ...more });

const about = (given: Partial<StepToKey> = {}): StepToKey => ({
  step: transform(),
  name: 'out',
  pipeline: 'p',
  window: { key: '2001-03-01', start: '2001-03-01T00:00:00.000Z', end: '2001-03-02T00:00:00.000Z' },
  inputs: { flights: [ref('a'), ref('b')] },
  needs: {},
  code: null,
  policy: { salt: null, ignore: [] },
  ...given,
});
const keyOf = (given: Partial<StepToKey> = {}) => cacheKey(about(given)).key;

describe('cacheKey', () => {
  const base = keyOf();
  const day = (key: string) => ({ key, start: `${key}T00:00:00.000Z`, end: `${key}T23:00:00.000Z` });

  it.each<[string, Partial<StepToKey>]>([
    ['a description', { step: transform({ description: 'another' }) }],
    [
      'a tag, a pool, limits and what a failure means',
      {
        step: transform({
          tag: 'big',
          pool: 'warehouse',
          timeoutSeconds: 5,
          memory: '1GB',
          threads: 3,
          onFailure: 'wait',
        }),
      },
    ],
    ['steps that it only comes after', { step: transform({ needs: ['other'] }) }],
    ['what it says of its cache', { step: transform({ cache: { maxAge: '1d' } }) }],
    ['a policy that is held to again', { step: transform({ schemaPolicy: 'exact' }) }],
    ['the name of the step and of its pipeline', { name: 'renamed', pipeline: 'q' }],
    [
      'where inputs come from, if they have the same content',
      { inputs: { flights: [ref('a', '2001-02-01', 'x'), ref('b')] } },
    ],
    ['what was left by steps that it does not read', { needs: { other: { value: 1 } } }],
  ])('does not count %s', (_, given) => {
    expect(keyOf(given)).toBe(base);
  });

  it.each<[string, Partial<StepToKey>, Partial<StepToKey>?]>([
    ['the query', { step: transform({ sql: 'SELECT 2' }) }],
    ['a parameter', { step: transform({ params: { a: 2 } }) }],
    ['the type of a parameter', { step: transform({ params: { a: '1' } }) }],
    ['one more parameter', { step: transform({ params: { a: 1, b: 1 } }) }],
    ['the dataset that is written', { step: transform({ dataset: 'elsewhere' }) }],
    ['the content of an input', { inputs: { flights: [ref('a'), ref('c')] } }],
    ['the order of versions', { inputs: { flights: [ref('b'), ref('a')] } }],
    ['the name by which an input is read', { inputs: { delays: [ref('a'), ref('b')] } }],
    ['the partition', { window: day('2001-03-02') }],
    ['the bounds of the partition', { window: { ...day('2001-03-01'), end: '2001-03-01T12:00:00.000Z' } }],
    ['the salt', { policy: { salt: 'v2', ignore: [] } }],
    ['the code', { step: train(), code: 'a' }, { step: train(), code: 'b' }],
    ['the seed', { step: train({ seed: 2 }) }, { step: train() }],
    ['what the export may differ by', { step: train({ parityTolerance: 1 }) }, { step: train() }],
    ['the arguments of a program', { step: command({ command: ['run', '-v'] }) }, { step: command() }],
    ['the environment of a program', { step: command({ env: { REGION: 'south' } }) }, { step: command() }],
    [
      'what a step left that a program needs',
      { step: command(), needs: { raw: { dataset: ref('a') } } },
      { step: command(), needs: { raw: { dataset: ref('b') } } },
    ],
    ['the pipeline of a program', { step: command(), pipeline: 'q' }, { step: command() }],
  ])('counts %s', (_, given, other = {}) => {
    expect(keyOf(given)).not.toBe(keyOf(other));
  });

  it('leaves out what is ignored, by its full name or by what follows the dot, and nothing else', () => {
    const ignoring = (...ignore: string[]) => ({ policy: { salt: null, ignore } });
    const other = { step: transform({ params: { a: 2 } }) };
    expect(keyOf({ ...ignoring('a'), ...other })).toBe(keyOf(ignoring('a')));
    expect(keyOf({ ...ignoring('params.a'), ...other })).toBe(keyOf(ignoring('params.a')));
    expect(keyOf({ ...ignoring('flights'), ...other })).not.toBe(keyOf(ignoring('flights')));
    expect(keyOf({ ...ignoring('flights'), inputs: { flights: [] } })).toBe(keyOf(ignoring('flights')));
    expect(keyOf({ ...ignoring('partition'), window: day('2001-03-09') })).toBe(keyOf(ignoring('partition')));
    expect(keyOf({ step: train({ seed: 9 }), ...ignoring('seed') })).toBe(
      keyOf({ step: train(), ...ignoring('seed') }),
    );
    expect(keyOf(ignoring('a'))).not.toBe(base);
  });

  it('does not depend on the order of fields, and on every value that counts', () => {
    const json = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
    const params = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), json, { minKeys: 1, maxKeys: 6 });
    fc.assert(
      fc.property(params, json, fc.nat(), (values, other, pick) => {
        const names = Object.keys(values);
        const reversed = Object.fromEntries(Object.entries(values).reverse());
        const key = keyOf({ step: transform({ params: values }) });
        expect(keyOf({ step: transform({ params: reversed }) })).toBe(key);
        const name = names[pick % names.length] ?? '';
        const changed = keyOf({ step: transform({ params: { ...values, [name]: other } }) });
        const same = JSON.stringify(values[name]) === JSON.stringify(other);
        expect(changed === key).toBe(same);
        const policy = { salt: null, ignore: [`params.${name}`] };
        expect(keyOf({ step: transform({ params: { ...values, [name]: other } }), policy })).toBe(
          keyOf({ step: transform({ params: values }), policy }),
        );
      }),
    );
  });

  it('can ignore a parameter of the pipeline, wherever it stands', () => {
    const pipeline = parseWith(
      pipelineSchema,
      {
        name: 'p',
        params: { threads: { type: 'number', default: 1 }, table: { type: 'string', default: 'a' } },
        steps: {
          export: {
            type: 'command',
            command: ['export', '--threads={{ params.threads }}', '{{ params.table }}'],
            cache: { ignore: ['threads'] },
          },
        },
      },
      'pipeline',
    );
    const key = (params: Record<string, number | string>) => {
      const { steps, counted } = freezePipeline(pipeline, params);
      return keyOf({ step: steps.export as CacheableStep, counted: counted?.export, inputs: {} });
    };
    expect(freezePipeline(pipeline, { threads: 4 }).steps.export).toMatchObject({
      command: ['export', '--threads=4', 'a'],
    });
    expect(key({ threads: 4 })).toBe(key({ threads: 8 }));
    expect(key({ table: 'b' })).not.toBe(key({}));
  });
});

describe('whyComputed', () => {
  const { parts } = cacheKey(about());
  const last = { runId: '0123456789abcdef', partition: '2001-03-01', parts };

  it.each([
    [null, parts, 'nothing was computed for it before'],
    [last, { ...parts, sql: 'x' }, 'sql is not as in run 0123456789ab'],
    [last, { ...parts, sql: 'x', salt: 'y' }, 'salt and sql are not as in run 0123456789ab'],
    [last, parts, 'run 0123456789ab left nothing'],
    [{ ...last, partition: '2001-02-28' }, { ...parts, partition: 'z' }, 'nothing was computed for 2001-03-01 before'],
    [{ ...last, partition: '2001-02-28' }, { ...parts, sql: 'x' }, 'sql is not as in run 0123456789ab of 2001-02-28'],
  ])('names what is another than before', (before, now, words) => {
    expect(whyComputed(now, '2001-03-01', before)).toBe(words);
  });
});

describe('what is cached', () => {
  const policy = { salt: null, ignore: [], maxAgeSeconds: null };
  const ingest = (cache?: object) =>
    step({ type: 'ingest', source: { kind: 'csv', path: 'a.csv' }, dataset: 'raw', ...(cache && { cache }) });

  it.each([
    ['a transform, by default', transform(), undefined, { policy }],
    ['a training, by default', train(), undefined, { policy }],
    ['no ingest, by default', ingest(), undefined, { policy: null, reason: null }],
    ['no command, by default', command(), { maxAge: '1d' }, { policy: null, reason: null }],
    [
      'an ingest that says how long',
      ingest({ maxAge: '12h' }),
      undefined,
      { policy: { ...policy, maxAgeSeconds: 43_200 } },
    ],
    [
      'an ingest by the age of its pipeline',
      ingest({}),
      { maxAge: '15m' },
      { policy: { ...policy, maxAgeSeconds: 900 } },
    ],
    ['no step of a pipeline that says off', transform(), { off: 'it is slow' }, { policy: null, reason: 'it is slow' }],
    ['a step that says otherwise', transform({ cache: { off: false } }), { off: true }, { policy }],
    ['a salt of its own', transform({ cache: { salt: 'b' } }), { salt: 'a' }, { policy: { ...policy, salt: 'b' } }],
    [
      'no query that changes by itself',
      transform({ sql: 'SELECT now()' }),
      undefined,
      { policy: null, reason: 'its SQL has now(), which gives another result each time' },
    ],
    ['such a query where the step says so', transform({ sql: 'SELECT now()', cache: {} }), undefined, { policy }],
  ])('is %s', (_, given, defaults, decision) => {
    expect(cacheDecision(given, defaults)).toEqual(decision);
  });

  it.each([
    ['SELECT random()', 'random()'],
    ['SELECT * FROM t WHERE day < CURRENT_DATE', 'current_date'],
    ['SELECT * FROM t USING  SAMPLE 10%', 'using sample'],
    ['SELECT * FROM t TABLESAMPLE 1%', 'tablesample'],
    ['SELECT uuid ()', 'uuid()'],
    ['SELECT \'now()\' AS "random()", snow(1), today FROM t -- now()\n /* uuid() */', null],
    ['SELECT avg(delay) FROM flights', null],
  ])('finds in %s what changes by itself', (sql, found) => {
    expect(changingCall(sql)).toBe(found);
  });

  it('refuses names that there are not, and an ingest without an age', () => {
    const steps = {
      raw: ingest({}),
      total: transform({ cache: { ignore: ['a', 'inputs.flights', 'partition', 'knob', 'flihgts'] } }),
    };
    expect(cacheProblems(steps, { params: { knob: {} } })).toEqual([
      { path: 'steps.raw.cache.maxAge', message: expect.stringContaining('is needed for an ingest') as string },
      {
        path: 'steps.total.cache.ignore[4]',
        message: 'there is no parameter or input "flihgts"; did you mean "flights"?',
      },
    ]);
    expect(cacheProblems(steps, { cache: { maxAge: '1d' }, params: { knob: {} } })).toHaveLength(1);
  });

  it('has ages in seconds', () => {
    expect(['30s', '15m', '12h', '90d'].map(secondsOf)).toEqual([30, 900, 43_200, 7_776_000]);
  });
});
