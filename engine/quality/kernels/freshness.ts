import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { formatInstantNs, Misfit } from '../literals.js';
import type { CheckState, NewestState } from '../states.js';
import { unpackWide } from '../wide.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { warnWords } from './limits.js';

/**
 * Fails where the newest value is older than the limit, and where there is no value at all. Times without a zone are read as
 * UTC; a date counts from its midnight.
 */
export const freshness: CheckDefinition<CheckOf<'freshness'>> = {
  columns: (check) => [check.column],
  start(check, [kind]) {
    if (kind!.domain !== 'instant' && kind!.domain !== 'date') {
      throw new Misfit(`a column of type ${kind!.name} holds no times`);
    }
    return new Freshness(check.column, kind!);
  },
  threshold(check) {
    const at = check.reference === 'now' ? 'now' : 'at the end of the window';
    const warn = check.warn === undefined ? '' : `, ${warnWords(undefined, check.warn.maxAgeSeconds)} s`;
    return `at most ${check.maxAgeSeconds} s old ${at}${warn}`;
  },
  observesValue: () => true,
  judge(state, check, { reference }) {
    const { total, newestNs } = state as NewestState;
    if (newestNs === null) return { passed: false, observed: null, failing: 0, total, examples: [] };
    const ageNs = BigInt(reference.getTime()) * 1_000_000n - BigInt(newestNs);
    const passed = Number(ageNs) <= check.maxAgeSeconds * 1e9;
    const calm = check.warn === undefined || Number(ageNs) <= check.warn.maxAgeSeconds * 1e9;
    const observed = formatInstantNs(BigInt(newestNs));
    const seconds = Number(ageNs / 1_000_000_000n);
    const message = seconds < 0 ? `${-seconds} s in the future` : `${seconds} s old`;
    return { passed, calm, observed, failing: 0, total, examples: [], message };
  },
};

class Freshness implements Kernel {
  private total = 0;
  private newest: bigint | null = null;

  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
  ) {}

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    const { length, nullCount } = chunk;
    this.total += length - nullCount;
    if (length === nullCount) return;
    const newest = this.newestOf(chunk);
    if (this.newest === null || newest > this.newest) this.newest = newest;
  }

  state(): CheckState {
    const newestNs = this.newest === null ? null : (this.newest * this.kind.unitNs).toString();
    return { kind: 'newest', total: this.total, newestNs };
  }

  private newestOf(chunk: ColumnChunk): bigint {
    const values = chunk.layout === 'codes' ? chunk.entries! : chunk;
    if (this.kind.layout === 'number') return BigInt(greatestNumber(chunk, values.numbers));
    return unpackWide(values.words, greatestWide(chunk, values.words) * 2, 2, false);
  }
}

function greatestNumber({ length, valid, layout, codes }: ColumnChunk, numbers: Float64Array): number {
  let greatest = -Infinity;
  for (let i = 0; i < length; i++) {
    if (valid !== null && valid[i] === 0) continue;
    const value = numbers[layout === 'codes' ? codes[i]! : i]!;
    if (value > greatest) greatest = value;
  }
  return greatest;
}

/** Position of the greatest 64-bit value. */
function greatestWide({ length, valid, layout, codes }: ColumnChunk, words: Int32Array): number {
  let at = -1;
  let top = 0;
  let rest = 0;
  for (let i = 0; i < length; i++) {
    if (valid !== null && valid[i] === 0) continue;
    const position = layout === 'codes' ? codes[i]! : i;
    const high = words[2 * position + 1]!;
    const low = words[2 * position]! ^ 0x80000000;
    if (at < 0 || high > top || (high === top && low > rest)) {
      at = position;
      top = high;
      rest = low;
    }
  }
  return at;
}
