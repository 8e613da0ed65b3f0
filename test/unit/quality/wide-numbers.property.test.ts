import fc from 'fast-check';
import { kindOf } from '../../../engine/quality/column-kind.js';
import { emptyChunk, narrowRange, type ColumnChunk } from '../../../engine/quality/column-chunk.js';
import { between } from '../../../engine/quality/kernels/between.js';
import type { Batch, Kernel } from '../../../engine/quality/kernels/kernel.js';
import { NumbersKernel } from '../../../engine/quality/kernels/numbers.js';
import type { NumbersState, ShareState } from '../../../engine/quality/states.js';
import { suiteSchema } from '../../../schemas/check.js';

const SIGNED = kindOf('integer', 'wide', 'Int64');
const UNSIGNED = kindOf('integer', 'wide', 'Uint64', { unsigned: true });

/** Small integers, and those next to where 32 bits, a double and 64 bits end. */
const integer = fc.oneof(
  fc.bigInt(-300n, 300n),
  fc.bigInt(-(2n ** 31n) - 2n, -(2n ** 31n) + 2n),
  fc.bigInt(2n ** 31n - 2n, 2n ** 31n + 2n),
  fc.bigInt(2n ** 53n - 2n, 2n ** 53n + 2n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
);
const column = fc.oneof(
  fc.array(fc.option(fc.bigInt(-300n, 300n), { freq: 20 }), { maxLength: 40 }),
  fc.array(fc.bigInt(-300n, 300n), { maxLength: 40 }),
  fc.array(fc.option(integer), { maxLength: 40 }),
);

/** Rows without a value have `garbage`. */
function chunkOf(values: readonly (bigint | null)[], garbage: bigint): ColumnChunk {
  const chunk = { ...emptyChunk('wide'), length: values.length };
  chunk.words = new Int32Array(BigInt64Array.from(values, (value) => BigInt.asIntN(64, value ?? garbage)).buffer);
  chunk.nullCount = values.filter((value) => value === null).length;
  if (chunk.nullCount > 0) chunk.valid = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  return chunk;
}

function run(kernel: Kernel, chunks: readonly ColumnChunk[]): unknown {
  for (const chunk of chunks) {
    const batch: Batch = { rows: chunk.length, column: () => chunk, example: (row) => ({ row }) };
    kernel.update(batch);
  }
  return kernel.state();
}

const present = (values: readonly (bigint | null)[]) => values.filter((value) => value !== null);

describe('integers of 64 bits', () => {
  it('have their exact sum and extremes, whether or not they are small', () => {
    fc.assert(
      fc.property(fc.array(column, { minLength: 1, maxLength: 3 }), integer, (parts, garbage) => {
        const chunks = parts.map((part) => chunkOf(part, garbage));
        const state = run(new NumbersKernel('x', SIGNED), chunks) as NumbersState;
        const all = parts.flatMap(present);
        const least = all.reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null);
        const greatest = all.reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null);
        expect(state.sum).toBe(all.reduce((sum, each) => sum + each, 0n).toString());
        expect(state.least).toEqual(least === null ? null : { integer: least.toString() });
        expect(state.greatest).toEqual(greatest === null ? null : { integer: greatest.toString() });
        expect(state.total).toBe(all.length);
        if (all.length === 0) return;
        const mean = Number(all.reduce((sum, each) => sum + each, 0n)) / all.length;
        const scale = Math.max(1, ...all.map((each) => Math.abs(Number(each))));
        expect(Math.abs(state.moments.mean - mean) / scale).toBeLessThan(1e-12);
        const m2 = all.reduce((sum, each) => sum + (Number(each) - mean) ** 2, 0);
        expect(Math.abs(state.moments.m2 - m2) / scale ** 2).toBeLessThan(1e-9);
      }),
    );
  });

  it('fail a range exactly where they are outside of it, whatever stands in rows without a value', () => {
    const bounds = fc
      .tuple(fc.option(integer), fc.option(integer))
      .filter(([low, high]) => low !== null || high !== null);
    fc.assert(
      fc.property(column, bounds, integer, fc.boolean(), (values, [a, b], garbage, unsigned) => {
        const [low, high] = a !== null && b !== null && a > b ? [b, a] : [a, b];
        const stored = values.map((value) => (value !== null && unsigned ? BigInt.asUintN(64, value) : value));
        const { checks } = suiteSchema.parse({
          checks: [
            { type: 'between', column: 'x', min: low?.toString() ?? undefined, max: high?.toString() ?? undefined },
          ],
        });
        const check = checks[0] as Parameters<typeof between.start>[0];
        const kernel = between.start(check, [unsigned ? UNSIGNED : SIGNED], { fields: [] } as never);
        const state = run(kernel, [chunkOf(stored, garbage)]) as ShareState;
        const outside = present(stored).filter(
          (value) => (low !== null && value < low) || (high !== null && value > high),
        );
        expect(state.failing).toBe(outside.length);
        expect(state.total).toBe(present(stored).length);
      }),
    );
  });

  it('are known to be small only where each fits into 32 bits', () => {
    fc.assert(
      fc.property(fc.array(integer, { maxLength: 20 }), (values) => {
        const isSmall = values.length > 0 && values.every((value) => BigInt.asIntN(32, value) === value);
        const numbers = values.map(Number);
        expect(narrowRange(chunkOf(values, 0n))).toEqual(
          isSmall
            ? { least: Math.min(...numbers), greatest: Math.max(...numbers), sum: numbers.reduce((s, v) => s + v, 0) }
            : null,
        );
      }),
    );
  });

  it('are looked at to the last row of a long column', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => BigInt(i % 100));
    expect(narrowRange(chunkOf(values, 0n))).toEqual({ least: 0, greatest: 99, sum: 495_000 });
    values[9_999] = 2n ** 40n;
    expect(narrowRange(chunkOf(values, 0n))).toBeNull();
    const state = run(new NumbersKernel('x', SIGNED), [chunkOf(values, 0n)]) as NumbersState;
    expect(state.greatest).toEqual({ integer: (2n ** 40n).toString() });
    expect(state.sum).toBe((495_000n - 99n + 2n ** 40n).toString());
  });
});
