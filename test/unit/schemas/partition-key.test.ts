import fc from 'fast-check';
import {
  backfillInputSchema,
  backfillRange,
  MillraceError,
  MOST_STATIC_KEYS,
  parseWith,
  partitionKeyProblem,
  partitionsSchema,
  summaryText,
  utf8Length,
} from '../../../schemas/index.js';

const problemsOf = (value: unknown): string[] => {
  try {
    parseWith(partitionsSchema, value, 'partitions');
    return [];
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe('a key that people choose', () => {
  it.each(['acme', 'ACME Ltd.', '7', 'größe', '東京', 'a:b,c;d', '#1', '100%', 'x'.repeat(200), '-', 'a.b', '😀'])(
    'may be %s',
    (key) => {
      expect(partitionKeyProblem(key)).toBeUndefined();
    },
  );

  it.each([
    ['', 'must not be empty'],
    ['x'.repeat(201), 'at most 200 characters, not 201'],
    ['東'.repeat(150), 'at most 400 bytes in UTF-8, not 450'],
    ['a\nb', 'invisible character U+000A'],
    ['a\u0000', 'invisible character U+0000'],
    ['a\u200bb', 'invisible character U+200B'],
    ['a\u2028b', 'invisible character U+2028'],
    ['a\ud800', 'invisible character U+D800'],
    [' acme', 'must not begin or end with a blank; write "acme"'],
    ['acme\u00a0', 'must not begin or end with a blank'],
    ['a/b', 'must not have "/" in it'],
    ['a\\b', 'must not have "\\" in it'],
    ['day|north', 'must not have "|" in it'],
    ['me@example.com', 'must not have "@" in it'],
    ['a..b', 'must not have ".."'],
    ['.', 'must not begin with "."'],
    ['.git', 'must not begin with "."'],
    ['e\u0301', 'composed form (NFC)'],
  ])('may not be %j', (key, message) => {
    expect(partitionKeyProblem(key)).toContain(message);
  });

  it('leaves ids and references readable whatever else it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 220 }), (key) => {
        if (partitionKeyProblem(key) !== undefined) return;
        expect(/^dataset:([^/]+)\/(.+)@([0-9a-f]{32})$/s.exec(`dataset:d/${key}@${'0'.repeat(32)}`)?.[2]).toBe(key);
        expect(`${key}|${key}`.split('|')).toEqual([key, key]);
        expect(decodeURIComponent(encodeURIComponent(key))).toBe(key);
        expect(/^backfill\/p\/(.+)\.\.(.+)$/s.exec(`backfill/p/${key}..${key}`)?.slice(1)).toEqual([key, key]);
        expect(utf8Length(key)).toBe(Buffer.byteLength(key));
        expect(Buffer.byteLength(`run/p/${key}|${key}`)).toBeLessThan(1000);
      }),
    );
  });
});

describe('partitions', () => {
  it.each<[string, unknown, string[]]>([
    ['a static set', { kind: 'static', keys: ['north', 'south'] }, []],
    ['a dynamic set', { kind: 'dynamic', set: 'customers' }, []],
    ['no keys', { kind: 'static', keys: [] }, ['keys: must have at least one key']],
    [
      'a key twice',
      { kind: 'static', keys: ['a', 'b', 'a'] },
      ['keys[2]: must not be there twice; it is keys[0] already'],
    ],
    [
      'two wrong keys',
      { kind: 'static', keys: ['a/b', 'ok', ''] },
      ['keys[0]: must not have "/"', 'keys[2]: must not be empty'],
    ],
    ['a name that is none', { kind: 'dynamic', set: 'My Customers' }, ['set: must be lower-case words']],
    ['an unknown zone', { kind: 'daily', timezone: 'Mars/Olympus' }, ['timezone: must be a time zone']],
    ['a cron that never comes', { kind: 'cron', cron: '0 0 30 2 *' }, ['cron: never comes']],
    [
      'too many keys',
      { kind: 'static', keys: Array.from({ length: MOST_STATIC_KEYS + 1 }, (_, index) => `k${index}`) },
      [`keys: must have at most ${MOST_STATIC_KEYS} keys; a larger set is { kind: "dynamic"`],
    ],
    [
      'too many combinations',
      {
        kind: 'product',
        dimensions: Object.fromEntries(
          ['a', 'b'].map((name) => [
            name,
            { kind: 'static', keys: Array.from({ length: 600 }, (_, index) => `k${index}`) },
          ]),
        ),
      },
      ['dimensions: must have at most 250000 combinations'],
    ],
    [
      'two times',
      { kind: 'product', dimensions: { a: { kind: 'daily' }, b: { kind: 'hourly' } } },
      ['dimensions: at most one dimension may be of time'],
    ],
    [
      'days and a dynamic set',
      { kind: 'product', dimensions: { day: { kind: 'daily' }, who: { kind: 'dynamic', set: 'w' } } },
      [],
    ],
  ])('%s', (_, value, expected) => {
    const problems = problemsOf(value);
    expect(problems).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(problems[index]).toContain(start);
  });
});

describe('what a backfill is about', () => {
  it.each([
    [{ from: '2001-03-01', to: '2001-03-31' }, '2001-03-01..2001-03-31'],
    [{}, 'all'],
    [{ keys: ['b', 'a', 'b'] }, 'a,b'],
    [{ keys: ['all'] }, /^1-keys-[0-9a-f]{16}$/],
    [{ keys: ['a,b'] }, /^1-keys-[0-9a-f]{16}$/],
  ])('%j is named %s', (range, name) => {
    if (typeof name === 'string') expect(backfillRange(range)).toBe(name);
    else expect(backfillRange(range)).toMatch(name);
  });

  it('has another name for other keys, and one that fits into an id', () => {
    const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(keys, keys, (some, others) => {
        const same = JSON.stringify([...some].sort()) === JSON.stringify([...others].sort());
        expect(backfillRange({ keys: some }) === backfillRange({ keys: others })).toBe(same);
        expect(backfillRange({ keys: [...some].reverse() })).toBe(backfillRange({ keys: some }));
        expect(Buffer.byteLength(backfillRange({ keys: some }))).toBeLessThanOrEqual(100);
      }),
    );
  });

  it.each([
    [{ from: 'a' }, 'to'],
    [{ to: 'a' }, 'from'],
    [{ from: 'a', to: 'b', keys: ['c'] }, 'keys'],
    [{ keys: [] }, 'keys'],
  ])('%j is refused', (range, path) => {
    const error = (() => {
      try {
        return parseWith(backfillInputSchema, { pipeline: 'p', ...range }, 'backfill');
      } catch (thrown) {
        return thrown as MillraceError;
      }
    })();
    expect(error).toMatchObject({ code: 'INPUT_INVALID', problems: [{ path }] });
  });
});

it('summaries for the Temporal UI are cut to what its server takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => {
      const cut = summaryText(text);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(400);
      expect(text.startsWith(cut.replace(/…$/, '')) || cut === text).toBe(true);
    }),
  );
});
