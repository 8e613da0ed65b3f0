import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import { mergeStates } from '../merge-states.js';
import type { CheckState, PairState } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { doubleOf } from './pair-order.js';

const NUMBERS = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean']);

/** Joint moments of two columns; rows with a null are left out, NaN and the infinities are counted apart. */
export class PairKernel implements Kernel {
  private merged: CheckState = emptyPair();
  private readonly readers: ReturnType<typeof doubleOf>[];
  private values: [Float64Array, Float64Array] = [new Float64Array(0), new Float64Array(0)];

  /** @throws Misfit where a column holds no numbers */
  constructor(
    private readonly columns: readonly string[],
    kinds: readonly ColumnKind[],
  ) {
    const other = kinds.find((kind) => !NUMBERS.has(kind.domain));
    if (other) throw new Misfit(`a column of type ${other.name} holds no numbers`);
    this.readers = kinds.map(doubleOf);
  }

  update(batch: Batch): void {
    const [a, b] = this.columns.map((column) => batch.column(column));
    if (this.values[0].length < batch.rows) this.values = [new Float64Array(batch.rows), new Float64Array(batch.rows)];
    const [x, y] = this.values;
    const part = emptyPair();
    for (let i = 0; i < batch.rows; i++) {
      if (a!.valid?.[i] === 0 || b!.valid?.[i] === 0) continue;
      const [p, q] = [this.read(0, a!, i), this.read(1, b!, i)];
      if (!Number.isFinite(p) || !Number.isFinite(q)) {
        part.nans++;
        continue;
      }
      x[part.total] = p;
      y[part.total++] = q;
      part.meanA += p - x[0]!;
      part.meanB += q - y[0]!;
    }
    if (part.total > 0) {
      // Means are taken from the first value on, so that a constant's is the constant, and its moments are 0 and not nearly 0.
      part.meanA = x[0]! + part.meanA / part.total;
      part.meanB = y[0]! + part.meanB / part.total;
    }
    for (let i = 0; i < part.total; i++) {
      const [p, q] = [x[i]! - part.meanA, y[i]! - part.meanB];
      part.m2A += p * p;
      part.m2B += q * q;
      part.comoment += p * q;
    }
    this.merged = mergeStates(this.merged, part);
  }

  state(): CheckState {
    return this.merged;
  }

  private read(which: 0 | 1, chunk: ColumnChunk, row: number): number {
    const read = this.readers[which]!;
    return chunk.layout === 'codes' ? read(chunk.entries!, chunk.codes[row]!) : read(chunk, row);
  }
}

function emptyPair(): PairState {
  return { kind: 'pair', total: 0, nans: 0, meanA: 0, meanB: 0, m2A: 0, m2B: 0, comoment: 0 };
}

/** Pearson’s r; NaN where a column is constant, has fewer than two values, or NaN or an infinity is among them. */
export function pearson({ total, nans, m2A, m2B, comoment }: PairState): number {
  if (nans > 0 || total < 2 || m2A === 0 || m2B === 0) return NaN;
  return Math.max(-1, Math.min(1, comoment / Math.sqrt(m2A) / Math.sqrt(m2B)));
}

/** NaN fails, and so does a constant column, whose correlation is not defined. */
export const correlation: CheckDefinition<CheckOf<'correlation'>> = {
  columns: (check) => check.columns,
  problems: limitsProblems,
  share: (check) => `pair ${JSON.stringify(check.columns)}`,
  start: (check, kinds) => new PairKernel(check.columns, kinds),
  threshold: (check) => `correlation ${limitsWords(check)}`,
  judge(state, check) {
    const r = pearson(state as PairState);
    const observed = Number.isNaN(r) ? 'NaN' : r;
    return { ...withinLimits(r, check), observed, failing: 0, total: (state as PairState).total, examples: [] };
  },
};
