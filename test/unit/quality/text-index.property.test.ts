import fc from 'fast-check';
import { emptyChunk, type ColumnChunk } from '../../../engine/quality/column-chunk.js';
import { TextIndex } from '../../../engine/quality/text-index.js';

/** Few texts, of all lengths around those that are compared as words, some of them with zeros. */
const text = fc.oneof(
  fc.string({ minLength: 0, maxLength: 9, unit: fc.constantFrom('a', 'b', '\0', 'ß') }),
  fc.string({ minLength: 0, maxLength: 30 }),
);

function chunkOf(texts: readonly (string | null)[], stride: 1 | 2): ColumnChunk {
  const encoded = texts.map((each) => Buffer.from(each ?? ''));
  const chunk = { ...emptyChunk('text'), length: texts.length, bytes: new Uint8Array(Buffer.concat(encoded)) };
  chunk.offsets = new Int32Array((texts.length + 1) * stride);
  chunk.offsetStride = stride;
  let at = 0;
  for (const [i, bytes] of encoded.entries()) chunk.offsets[(i + 1) * stride] = at += bytes.length;
  chunk.nullCount = texts.filter((each) => each === null).length;
  if (chunk.nullCount > 0) chunk.valid = Uint8Array.from(texts, (each) => (each === null ? 0 : 1));
  return chunk;
}

function textOf({ codes, entries, valid }: ColumnChunk, row: number): string | null {
  if (valid?.[row] === 0) return null;
  const { bytes, offsets } = entries!;
  return Buffer.from(bytes.subarray(offsets[codes[row]!], offsets[codes[row]! + 1])).toString();
}

describe('texts by number', () => {
  it('are the texts that were there, and each has one number, over several batches', () => {
    const batches = fc.array(fc.array(fc.option(text), { maxLength: 60 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(batches, fc.constantFrom(1 as const, 2 as const), (given, stride) => {
        const index = new TextIndex();
        for (const texts of given) {
          const chunk = chunkOf(texts, stride);
          index.number(chunk);
          expect(chunk.layout).toBe('codes');
          expect(texts.map((_, row) => textOf(chunk, row))).toEqual(texts);
          const { entries } = chunk;
          const distinct = Array.from({ length: entries!.length }, (_, i) =>
            Buffer.from(entries!.bytes.subarray(entries!.offsets[i], entries!.offsets[i + 1])).toString('latin1'),
          );
          expect(new Set(distinct).size).toBe(distinct.length);
        }
      }),
    );
  });

  it('are right where more short texts come than there are places for', () => {
    const texts = Array.from({ length: 60_000 }, (_, i) => ((i * 7919) % 40_000).toString(36));
    const chunk = chunkOf(texts, 1);
    new TextIndex().number(chunk);
    expect(chunk.entries!.length).toBe(40_000);
    expect(texts.every((each, row) => textOf(chunk, row) === each)).toBe(true);
  });
});
