import type { Problem } from '../../../schemas/problems.js';
import { countCodes } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit, parseInstantNs } from '../literals.js';
import type { BucketsState, CheckState } from '../states.js';
import { unpackWide } from '../wide.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';

type Unit = CheckOf<'partition_completeness'>['unit'];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NS_PER_MS = 1_000_000n;

/** More buckets than this are not enumerated. */
const MAX_BUCKETS = 10_000_000;

/** Number of the bucket of an instant in milliseconds since 1970, UTC. */
function bucketOf(ms: number, unit: Unit): number {
  if (unit === 'hour') return Math.floor(ms / HOUR_MS);
  if (unit === 'day') return Math.floor(ms / DAY_MS);
  // 1970 began on a Thursday; weeks start on Monday.
  if (unit === 'week') return Math.floor((ms / DAY_MS + 3) / 7);
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Start of a bucket in ISO 8601. */
function bucketName(bucket: number, unit: Unit): string {
  if (unit === 'hour') return new Date(bucket * HOUR_MS).toISOString().slice(0, 13) + ':00Z';
  if (unit === 'month') return `${Math.floor(bucket / 12)}-${String((bucket % 12) + 1).padStart(2, '0')}`;
  const days = unit === 'week' ? bucket * 7 - 3 : bucket;
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

class Buckets implements Kernel {
  private total = 0;
  private readonly buckets = new Map<number, number>();

  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
    private readonly unit: Unit,
  ) {
    if (kind.domain !== 'instant' && kind.domain !== 'date') {
      throw new Misfit(`a column of type ${kind.name} holds no times`);
    }
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    this.total += chunk.length - chunk.nullCount;
    const counts = chunk.layout === 'codes' ? countCodes(chunk) : null;
    const source = chunk.layout === 'codes' ? chunk.entries! : chunk;
    const { stride, unitNs, layout } = this.kind;
    for (let i = 0; i < source.length; i++) {
      const rows = counts === null ? (chunk.valid?.[i] === 0 ? 0 : 1) : counts[i]!;
      if (rows === 0) continue;
      const units = layout === 'number' ? source.numbers[i]! : wideNumber(source.words, i, stride);
      const ms =
        unitNs >= NS_PER_MS ? units * Number(unitNs / NS_PER_MS) : Math.floor(units / Number(NS_PER_MS / unitNs));
      const bucket = bucketOf(ms, this.unit);
      this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + rows);
    }
  }

  state(): CheckState {
    return { kind: 'buckets', total: this.total, buckets: new Map(this.buckets) };
  }
}

/** Nanoseconds as a double are off by 128 ns at most, which no border of a bucket but the very tick notices; those are exact. */
function wideNumber(words: Int32Array, at: number, stride: number): number {
  const number = words[2 * at + 1]! * 4294967296 + (words[2 * at]! >>> 0);
  return Number.isSafeInteger(number) ? number : Number(unpackWide(words, at * stride, stride, false) / 1000n) * 1000;
}

/** Nulls are passed over; buckets are in UTC. Without values and without `from` and `to` nothing is missing. */
export const partitionCompleteness: CheckDefinition<CheckOf<'partition_completeness'>> = {
  columns: (check) => [check.column],
  problems: (check) => [
    ...limitsProblems(check),
    ...(['from', 'to'] as const).flatMap((path) =>
      check[path] !== undefined && parseInstantNs(check[path]) === null
        ? [{ path, message: 'must be an ISO 8601 date or time' }]
        : [],
    ),
    ...rangeProblems(check),
  ],
  start: (check, [kind]) => new Buckets(check.column, kind!, check.unit),
  threshold: (check) => `${limitsWords(check)} ${check.unit}s missing`,
  judge(state, check) {
    const { buckets, total } = state as BucketsState;
    const there = [...buckets.keys()];
    const at = (text: string) => bucketOf(Number(parseInstantNs(text)! / NS_PER_MS), check.unit);
    const first = check.from === undefined ? there.reduce((a, b) => Math.min(a, b), Infinity) : at(check.from);
    const end = check.to === undefined ? there.reduce((a, b) => Math.max(a, b), -Infinity) + 1 : at(check.to);
    if (end - first > MAX_BUCKETS) return { failed: `there are ${end - first} ${check.unit}s between first and last` };
    const missing: string[] = [];
    let failing = 0;
    for (let bucket = first; bucket < end; bucket++) {
      if (buckets.has(bucket)) continue;
      failing++;
      if (missing.length < 5) missing.push(bucketName(bucket, check.unit));
    }
    const base = { ...withinLimits(failing, check), observed: failing, failing, total, examples: [] };
    return failing === 0 ? base : { ...base, message: `missing: ${missing.join(', ')}${failing > 5 ? ', …' : ''}` };
  },
};

function rangeProblems({ from, to }: CheckOf<'partition_completeness'>): Problem[] {
  const [start, end] = [from, to].map((text) => (text === undefined ? null : parseInstantNs(text)));
  if (typeof start !== 'bigint' || typeof end !== 'bigint' || end > start) return [];
  return [{ path: 'to', message: `must be after from (${from})` }];
}
