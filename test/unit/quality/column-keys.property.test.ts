import fc from 'fast-check';
import { ByteSet } from '../../../engine/quality/byte-set.js';
import { emptyChunk, gather, type ColumnChunk } from '../../../engine/quality/column-chunk.js';
import { ColumnKeys } from '../../../engine/quality/column-keys.js';
import { KeyWriter } from '../../../engine/quality/key-writer.js';

type Column = { chunk: ColumnChunk; stride: number };

/** Some rows, some of them without a value. */
function withNulls(chunk: ColumnChunk, nulls: readonly boolean[]): ColumnChunk {
  const valid = Uint8Array.from({ length: chunk.length }, (_, i) => (nulls[i] === true ? 0 : 1));
  const nullCount = valid.filter((each) => each === 0).length;
  return { ...chunk, valid: nullCount > 0 ? valid : null, nullCount };
}

const numbers = fc
  .array(fc.constantFrom(0, -0, NaN, 1, -1, 0.5, Infinity, 2 ** 53), { minLength: 1, maxLength: 40 })
  .map((values): Column => {
    return { chunk: { ...emptyChunk('number'), length: values.length, numbers: Float64Array.from(values) }, stride: 1 };
  });

const words = fc
  .tuple(fc.constantFrom(2, 4), fc.array(fc.constantFrom(0, -1, 1, 7), { minLength: 4, maxLength: 80 }))
  .map(([stride, values]): Column => {
    const length = Math.floor(values.length / stride);
    return { chunk: { ...emptyChunk('wide'), length, words: Int32Array.from(values) }, stride };
  });

const texts = fc
  .array(fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', '\0', 'ß') }), { minLength: 1, maxLength: 40 })
  .map((values): Column => {
    const encoded = values.map((each) => Buffer.from(each));
    const offsets = new Int32Array(values.length + 1);
    for (const [i, bytes] of encoded.entries()) offsets[i + 1] = offsets[i]! + bytes.length;
    const bytes = new Uint8Array(Buffer.concat(encoded));
    return { chunk: { ...emptyChunk('text'), length: values.length, bytes, offsets }, stride: 1 };
  });

const plain = fc.oneof(numbers, words, texts);

/** Rows that name entries of a dictionary. */
const codes = fc
  .tuple(plain, fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 60 }))
  .map(([{ chunk, stride }, picks]): Column => {
    const rows = Int32Array.from(picks, (pick) => pick % chunk.length);
    return { chunk: { ...emptyChunk('codes'), length: rows.length, codes: rows, entries: chunk }, stride };
  });

/** What numbering by the rows as they are laid out gives. */
function byWriter(set: ByteSet, { chunk, stride }: Column): number[] {
  const writer = new KeyWriter();
  return Array.from({ length: chunk.length }, (_, row) => {
    if (chunk.valid?.[row] === 0) return -1;
    writer.write([chunk], [stride], row);
    return set.add(writer.bytes, 0, writer.length);
  });
}

describe('the keys of a column', () => {
  it('are those of its rows laid out one by one, with the same numbers, over several blocks', () => {
    fc.assert(
      fc.property(fc.oneof(plain, codes), fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(), (given, nulls, cut) => {
        const column = { ...given, chunk: withNulls(given.chunk, nulls) };
        const [expected, set] = [new ByteSet(), new ByteSet()];
        const keys = new ColumnKeys(set, column.stride);
        const { length } = column.chunk;
        const half = cut % (length + 1);
        const found = [];
        for (const [from, to] of [
          [0, half],
          [half, length],
        ] as const) {
          expect(keys.number(column.chunk, from, to)).toBe(true);
          found.push(...keys.numbers.slice(0, to - from));
        }
        expect(found).toEqual(byWriter(expected, column));
        expect(set.keys()).toEqual(expected.keys());
      }),
    );
  });

  it('are numbered anew where the dictionary is another one', () => {
    const chunk = (values: number[], picks: number[]): ColumnChunk => {
      const entries = { ...emptyChunk('number'), length: values.length, numbers: Float64Array.from(values) };
      return { ...emptyChunk('codes'), length: picks.length, codes: Int32Array.from(picks), entries };
    };
    const keys = new ColumnKeys(new ByteSet(), 1);
    keys.number(chunk([5, 6, 7], [2, 0, 2]), 0, 3);
    expect([...keys.numbers.slice(0, 3)]).toEqual([0, 1, 0]);
    keys.number(chunk([6, 7], [0, 1, 0]), 0, 3);
    expect([...keys.numbers.slice(0, 3)]).toEqual([2, 0, 2]);
  });

  it('survive the growth of the set, and what was merged holds them all once', () => {
    const column = (from: number, to: number): ColumnChunk => {
      const all = Float64Array.from({ length: 60_000 }, (_, i) => i);
      const rows = Int32Array.from({ length: to - from }, (_, i) => from + i);
      return gather({ ...emptyChunk('number'), length: all.length, numbers: all }, rows, 1);
    };
    const keysOf = (chunk: ColumnChunk) => {
      const set = new ByteSet();
      const keys = new ColumnKeys(set, 1);
      for (let from = 0; from < chunk.length; from += 4096)
        keys.number(chunk, from, Math.min(chunk.length, from + 4096));
      return set.keys();
    };
    const [a, b] = [keysOf(column(0, 40_000)), keysOf(column(20_000, 60_000))];
    for (const set of [ByteSet.from(a), ByteSet.from(a, 1 << 24, 40_000)]) {
      const numbers = new Int32Array(40_000);
      expect(set.addAll(b, numbers)).toBe(true);
      expect(numbers).toEqual(Int32Array.from({ length: 40_000 }, (_, i) => 20_000 + i));
      expect(set.lastKeys()).toEqual(keysOf(column(0, 60_000)));
    }
    const fromNothing = ByteSet.from(new ByteSet().keys());
    expect(fromNothing.addAll(a)).toBe(true);
    expect(fromNothing.keys()).toEqual(a);
    expect(ByteSet.from(a, 1 << 20).addAll(b)).toBe(false);
  });
});
