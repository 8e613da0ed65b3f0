import {
  Bool,
  Decimal,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  LargeUtf8,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  Uint64,
  Uint8,
  Utf8,
  Utf8View,
  makeData,
  vectorFromArray,
  type Data,
  type DataType,
} from 'apache-arrow';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { mergeStates } from '../../../engine/quality/merge-states';
import { resultsOf } from '../../../engine/quality/verdict';
import { evidenceOf, resultsOn, suiteOf } from './quality-fixtures';

type Value = number | bigint | string | boolean | null;
interface Column {
  type: DataType;
  value: fc.Arbitrary<Value>;
}

/** Decimals as their unscaled whole numbers; `vectorFromArray` does not take them. */
function decimalData(type: Decimal, values: readonly (bigint | null)[]): Data {
  const stride = type.bitWidth / 32;
  const words = new Uint32Array(values.length * stride);
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    nullBitmap[row >> 3]! |= 1 << (row & 7);
    for (let w = 0; w < stride; w++) words[row * stride + w] = Number(BigInt.asUintN(32, value >> BigInt(32 * w)));
  }
  const nullCount = values.filter((value) => value === null).length;
  return makeData({ type, length: values.length, nullCount, nullBitmap, data: words });
}

/** The unscaled whole number of a decimal as Arrow gives it: its words, the lowest first. */
function unscaled(words: Uint32Array): bigint {
  return BigInt.asIntN(
    words.length * 32,
    words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n),
  );
}

const int = (min: number, max: number) => fc.integer({ min, max });
const words = fc.constantFrom('', 'a', 'b', 'ab', 'ä€', 'twelve bytes', 'more than twelve bytes', '\u{1F600}x');
const long = fc.oneof(fc.bigInt({ min: -4n, max: 4n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const real = fc.oneof(int(-3, 3), fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0));

const NUMBERS: Record<string, Column> = {
  int8: { type: new Int8(), value: int(-128, 127) },
  uint8: { type: new Uint8(), value: int(0, 255) },
  int16: { type: new Int16(), value: int(-9, 9) },
  int32: { type: new Int32(), value: fc.integer() },
  int64: { type: new Int64(), value: long },
  uint64: { type: new Uint64(), value: fc.oneof(int(0, 4).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })) },
  float32: { type: new Float32(), value: real.map(Math.fround) },
  float64: { type: new Float64(), value: real },
  'dictionary of int32': { type: new Dictionary(new Int32(), new Int8(), 7), value: int(-3, 3) },
  'dictionary of int64': { type: new Dictionary(new Int64(), new Int32(), 8), value: int(-3, 3).map(BigInt) },
};
const digits = (count: number) => 10n ** BigInt(count) - 1n;
const fixed = (count: number) =>
  fc.oneof(fc.bigInt({ min: -4n, max: 4n }), fc.bigInt({ min: -digits(count), max: digits(count) }));
const DECIMALS: Record<string, Column> = {
  'decimal of 128 bits': { type: new Decimal(2, 38, 128), value: fixed(38) },
  'decimal of 256 bits': { type: new Decimal(2, 60, 256), value: fixed(60) },
};
const TEXTS: Record<string, Column> = {
  utf8: { type: new Utf8(), value: words },
  'large utf8': { type: new LargeUtf8(), value: words },
  'utf8 view': { type: new Utf8View(), value: words },
  'dictionary of utf8': { type: new Dictionary(new Utf8(), new Int8(), 9), value: words },
  'dictionary of large utf8': { type: new Dictionary(new LargeUtf8(), new Int32(), 10), value: words },
};
const ALL: Record<string, Column> = {
  ...NUMBERS,
  ...DECIMALS,
  ...TEXTS,
  bool: { type: new Bool(), value: fc.boolean() },
};

/** A column in several chunks, each a slice out of a longer run, some with nulls. */
function chunksOf({ type, value }: Column): fc.Arbitrary<Data[]> {
  const nullable = fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) });
  const values = fc.oneof(fc.array(value, { maxLength: 40 }), fc.array(nullable, { maxLength: 40 }));
  const chunk = fc.tuple(values, fc.nat({ max: 12 }), fc.nat({ max: 12 })).map(([all, before, after]) => {
    const data =
      type instanceof Decimal ? decimalData(type, all as (bigint | null)[]) : vectorFromArray(all, type).data[0];
    const start = Math.min(before, all.length);
    return data === undefined ? [] : [data.slice(start, Math.max(0, all.length - start - after))];
  });
  return fc.array(chunk, { minLength: 1, maxLength: 4 }).map((chunks) => chunks.flat());
}

function tableOf(type: DataType, chunks: readonly Data[]): Table {
  const schema = new Schema([new Field('c', type, true)]);
  const batches = chunks.map(
    (child) =>
      new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: child.length, children: [child] })),
  );
  return new Table(schema, batches);
}

/** The naive reading that the kernels are held against. */
function valuesOf(table: Table): Value[] {
  const column = table.getChild('c')!;
  return Array.from({ length: column.length }, (_, i) => {
    const value = column.get(i) as Value | Uint32Array;
    return ArrayBuffer.isView(value) ? unscaled(value) : value;
  });
}

function counts(checks: Parameters<typeof suiteOf>[0], table: Table) {
  return resultsOn(suiteOf(checks), table).map(({ total, failing, examples }) => ({
    total,
    failing,
    rows: examples.map(({ row }) => row),
  }));
}

function naive(values: readonly Value[], passes: (value: NonNullable<Value>) => boolean) {
  const failing = values.flatMap((value, row) => (value !== null && !passes(value) ? [row] : []));
  const total = values.filter((value) => value !== null).length;
  return { total, failing: failing.length, rows: failing.slice(0, 5) };
}

const cases = (columns: Record<string, Column>) => Object.entries(columns).map(([name, column]) => ({ name, column }));
const RUNS = { numRuns: 60 };

test('slices have an offset, so the properties below see one', () => {
  expect(vectorFromArray([1, null, 3], new Int32()).data[0]!.slice(1, 2).offset).toBe(1);
});

test('a null inside a dictionary is a null of its rows', () => {
  const dictionary = vectorFromArray(['a', null, 'b'], new Utf8());
  const type = new Dictionary(new Utf8(), new Int8(), 11);
  const data = makeData({ type, length: 4, nullCount: 0, data: Int8Array.of(0, 1, 2, 1), dictionary });
  const table = tableOf(type, [data]);
  const checks = [
    { type: 'not_null' as const, column: 'c' },
    { type: 'in_set' as const, column: 'c', set: ['a'] },
  ];
  expect(counts(checks, table)).toEqual([
    { total: 4, failing: 2, rows: [1, 3] },
    { total: 2, failing: 1, rows: [2] },
  ]);
});

describe('kernels agree with a naive reading of the vectors', () => {
  test.each(cases(ALL))('not_null on $name', ({ column }) => {
    fc.assert(
      fc.property(chunksOf(column), (chunks) => {
        const table = tableOf(column.type, chunks);
        const nulls = valuesOf(table).flatMap((value, row) => (value === null ? [row] : []));
        const expected = { total: table.numRows, failing: nulls.length, rows: nulls.slice(0, 5) };
        expect(counts([{ type: 'not_null', column: 'c' }], table)).toEqual([expected]);
      }),
      RUNS,
    );
  });

  test.each(cases(NUMBERS))('between on $name', ({ column }) => {
    const bound = column.value.filter((value) => Number.isFinite(Number(value))).map(String);
    fc.assert(
      fc.property(chunksOf(column), bound, bound, (chunks, a, b) => {
        const table = tableOf(column.type, chunks);
        const [min, max] = Number(a) <= Number(b) ? [a, b] : [b, a];
        const whole = /^[+-]?\d+$/.test(min) && /^[+-]?\d+$/.test(max);
        const inside = (value: unknown) =>
          typeof value === 'bigint' && whole
            ? value >= BigInt(min) && value <= BigInt(max)
            : Number(value) >= Number(min) && Number(value) <= Number(max);
        expect(counts([{ type: 'between', column: 'c', min, max }], table)).toEqual([naive(valuesOf(table), inside)]);
      }),
      RUNS,
    );
  });

  /** With two digits after the point. */
  const written = (value: bigint) => {
    const text = String(value < 0n ? -value : value).padStart(3, '0');
    return `${value < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
  };

  test.each(cases(DECIMALS))('between and in_set on $name', ({ column }) => {
    const bound = column.value as fc.Arbitrary<bigint>;
    const members = fc.array(bound, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(chunksOf(column), bound, bound, members, (chunks, a, b, set) => {
        const table = tableOf(column.type, chunks);
        const [min, max] = a <= b ? [a, b] : [b, a];
        const checks = [
          { type: 'between' as const, column: 'c', min: written(min), max: written(max) },
          { type: 'in_set' as const, column: 'c', set: set.map(written) },
        ];
        const values = valuesOf(table);
        expect(counts(checks, table)).toEqual([
          naive(values, (value) => (value as bigint) >= min && (value as bigint) <= max),
          naive(values, (value) => set.includes(value as bigint)),
        ]);
      }),
      RUNS,
    );
  });

  test('in_set on booleans', () => {
    const column = ALL['bool']!;
    fc.assert(
      fc.property(chunksOf(column), fc.boolean(), (chunks, member) => {
        const table = tableOf(column.type, chunks);
        const check = { type: 'in_set' as const, column: 'c', set: [member] };
        expect(counts([check], table)).toEqual([naive(valuesOf(table), (value) => value === member)]);
      }),
      RUNS,
    );
  });

  test.each(cases(TEXTS))('length_between on $name', ({ column }) => {
    fc.assert(
      fc.property(chunksOf(column), fc.nat(3), fc.nat(20), (chunks, min, more) => {
        const table = tableOf(column.type, chunks);
        const check = { type: 'length_between' as const, column: 'c', min, max: min + more };
        const inside = (value: unknown) =>
          [...(value as string)].length >= min && [...(value as string)].length <= min + more;
        expect(counts([check], table)).toEqual([naive(valuesOf(table), inside)]);
      }),
      RUNS,
    );
  });

  test.each(cases(NUMBERS))('in_set on $name', ({ column }) => {
    const member = column.value.filter((value) => Number.isFinite(Number(value)));
    fc.assert(
      fc.property(chunksOf(column), fc.array(member, { minLength: 1, maxLength: 20 }), (chunks, set) => {
        const table = tableOf(column.type, chunks);
        const check = { type: 'in_set' as const, column: 'c', set: set.map(String) };
        expect(counts([check], table)).toEqual([naive(valuesOf(table), (value) => set.some((one) => one == value))]);
      }),
      RUNS,
    );
  });

  test.each(cases(TEXTS))('in_set and regex on $name', ({ column }) => {
    fc.assert(
      fc.property(chunksOf(column), fc.array(words, { minLength: 1, maxLength: 5 }), (chunks, set) => {
        const table = tableOf(column.type, chunks);
        const pattern = RE2JS.compile('^[ab]+$|ä');
        const values = valuesOf(table);
        const checks = [
          { type: 'in_set' as const, column: 'c', set },
          { type: 'regex' as const, column: 'c', pattern: '^[ab]+$|ä' },
        ];
        expect(counts(checks, table)).toEqual([
          naive(values, (value) => set.some((one) => one === value)),
          naive(values, (value) => pattern.test(value as string)),
        ]);
      }),
      RUNS,
    );
  });

  test.each(cases(ALL))('unique on $name', ({ column }) => {
    fc.assert(
      fc.property(chunksOf(column), (chunks) => {
        const table = tableOf(column.type, chunks);
        const seen = new Set<unknown>();
        const first = (value: unknown) => !seen.has(value) && seen.add(value) !== undefined;
        expect(counts([{ type: 'unique', columns: ['c'] }], table)).toEqual([naive(valuesOf(table), first)]);
      }),
      RUNS,
    );
  });

  test('freshness on timestamps', () => {
    const column = { type: new TimestampMicrosecond(), value: int(-2_000_000_000_000, 2_000_000_000_000) };
    fc.assert(
      fc.property(chunksOf(column), (chunks) => {
        const table = tableOf(column.type, chunks);
        const present = valuesOf(table).filter((value) => value !== null) as number[];
        const newest = present.length === 0 ? null : Math.max(...present);
        const [result] = resultsOn(suiteOf([{ type: 'freshness', column: 'c', maxAgeSeconds: 1 }]), table);
        expect(result).toMatchObject({
          total: present.length,
          status: newest === null || newest < 994031999000 ? 'fail' : 'pass',
        });
        expect(result!.observed === null ? null : Date.parse(result!.observed as string)).toBe(newest);
      }),
      RUNS,
    );
  });
});

test('the merge of the states of parts gives the result of the whole, also after a structured clone', () => {
  const suite = suiteOf([
    { type: 'row_count', min: 3 },
    { type: 'not_null', column: 'c', mostly: 0.5 },
    { type: 'between', column: 'c', min: -1, max: 1 },
    { type: 'in_set', column: 'c', set: [0, 1] },
    { type: 'unique', columns: ['c'] },
  ]);
  const clock = { now: new Date(0) };
  fc.assert(
    fc.property(chunksOf(NUMBERS['int16']!), fc.nat({ max: 4 }), (chunks, at) => {
      const table = tableOf(new Int16(), chunks);
      const [a, b] = [table.batches.slice(0, at), table.batches.slice(at)].map((part) =>
        structuredClone(evidenceOf(suite, table, part).states),
      );
      const merged = a!.map((state, i) => mergeStates(state, b![i]!));
      const strip = (results: ReturnType<typeof resultsOf>) => results.map(({ examples: _, ...result }) => result);
      const whole = evidenceOf(suite, table);
      expect(strip(resultsOf(suite, { ...whole, states: merged }, clock))).toEqual(
        strip(resultsOf(suite, whole, clock)),
      );
    }),
    RUNS,
  );
});
