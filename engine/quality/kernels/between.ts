import { narrowRange, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit, ordinalOf } from '../literals.js';
import { packWide, wideRange } from '../wide.js';
import { boundsProblems, rangeWords, type Bounds } from './bounds.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, RowCheck, withMostly, type Judge } from './row-check.js';

const ORDERED = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'instant', 'date', 'time']);

/** NaN fails; nulls are passed over. Bounds are translated into the column’s own units and compared exactly. */
export const between: CheckDefinition<CheckOf<'between'>> = {
  columns: (check) => [check.column],
  problems: boundsProblems,
  start(check, [kind]) {
    return new RowCheck(check.column, judgeBetween(check, kind!), withinBounds(check, kind!));
  },
  threshold: (check) => withMostly(rangeWords(check), check),
  judge: judgeShare,
};

/** Fails values outside a closed range, and NaN. */
export function judgeBetween({ min, max }: Bounds, kind: ColumnKind): Judge {
  if (!ORDERED.has(kind.domain)) throw new Misfit(`a column of type ${kind.name} has no range`);
  const low = min === undefined ? null : ordinalOf(min, kind, 'up');
  const high = max === undefined ? null : ordinalOf(max, kind, 'down');
  if (kind.layout === 'number') return numbersBetween(Number(low ?? -Infinity), Number(high ?? Infinity));
  const { least, greatest } = wideRange(kind.stride, kind.unsigned);
  const from = low === null ? least : BigInt(low);
  const to = high === null ? greatest : BigInt(high);
  if (from > to || from > greatest || to < least) return (_chunk, start, end, fails) => void fails.fill(1, start, end);
  const bounds = [from < least ? least : from, to > greatest ? greatest : to] as const;
  return kind.stride === 2
    ? words64Between(bounds[0], bounds[1], kind.unsigned)
    : wordsBetween(bounds[0], bounds[1], kind);
}

/** Whether all values of a chunk of small integers are inside the range. */
function withinBounds({ min, max }: Bounds, kind: ColumnKind): ((chunk: ColumnChunk) => boolean) | undefined {
  if (kind.layout !== 'wide' || kind.stride !== 2) return undefined;
  // Compared with integers of 32 bits, a bound may be rounded.
  const low = min === undefined ? -Infinity : Number(ordinalOf(min, kind, 'up'));
  const high = max === undefined ? Infinity : Number(ordinalOf(max, kind, 'down'));
  return (chunk) => {
    const range = narrowRange(chunk);
    return range !== null && range.least >= (kind.unsigned ? Math.max(low, 0) : low) && range.greatest <= high;
  };
}

function numbersBetween(low: number, high: number): Judge {
  return ({ numbers }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const value = numbers[i]!;
      fails[i] = value >= low && value <= high ? 0 : 1;
    }
  };
}

const SIGN = 0x80000000 | 0;

/** Words are compared as signed integers after their highest bit is flipped where it is a digit. */
function words64Between(low: bigint, high: bigint, unsigned: boolean): Judge {
  const flip = unsigned ? SIGN : 0;
  const [lowWords, highWords] = [packWide(low, 2), packWide(high, 2)];
  const [low0, low1] = [lowWords[0]! ^ SIGN, lowWords[1]! ^ flip];
  const [high0, high1] = [highWords[0]! ^ SIGN, highWords[1]! ^ flip];
  return ({ words }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const top = words[2 * i + 1]! ^ flip;
      const rest = words[2 * i]! ^ SIGN;
      const below = top < low1 || (top === low1 && rest < low0);
      const above = top > high1 || (top === high1 && rest > high0);
      fails[i] = below || above ? 1 : 0;
    }
  };
}

function wordsBetween(low: bigint, high: bigint, { stride, unsigned }: ColumnKind): Judge {
  const [lowWords, highWords] = [packWide(low, stride), packWide(high, stride)];
  return ({ words }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const at = i * stride;
      fails[i] = order(words, at, lowWords, unsigned) < 0 || order(words, at, highWords, unsigned) > 0 ? 1 : 0;
    }
  };
}

/** Negative, 0 or positive as the value at `at` is less than, equal to or greater than `other`. */
function order(words: Int32Array, at: number, other: Int32Array, unsigned: boolean): number {
  for (let i = other.length - 1; i >= 0; i--) {
    const flip = i < other.length - 1 || unsigned ? SIGN : 0;
    const a = words[at + i]! ^ flip;
    const b = other[i]! ^ flip;
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}
