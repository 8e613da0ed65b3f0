import { ByteSet } from './byte-set.js';
import type { ColumnKind } from './column-kind.js';
import { orderTest } from './operator.js';
import { HyperLogLog } from './profile/hyperloglog.js';
import { mergeProfiles } from './profile/merge-profiles.js';
import { mergeMoments } from './profile/moments.js';
import { CHECK_SKETCH, NumberSketch } from './profile/sketch.js';
import {
  MAX_EXAMPLES,
  type CheckState,
  type CountsState,
  type ErrorState,
  type GroupsState,
  type KeysState,
  type OrderKey,
  type OrderState,
  type PairState,
  type ShareState,
} from './states.js';

/** Memory that the keys of one check may take in one thread, in bytes, hash table included: about four million short keys. */
export const UNIQUE_BUDGET_BYTES = 192 << 20;

/**
 * The state of two parts together, `a` before `b`. The examples of `unique` are those that the parts saw themselves: a row
 * that repeats a key of another part is counted, but its number is no longer known.
 * @param budget memory for the keys of `unique`, in bytes
 */
export function mergeStates(a: CheckState, b: CheckState, budget = UNIQUE_BUDGET_BYTES): CheckState {
  if (a.kind === 'error') return a;
  if (b.kind === 'error') return b;
  if (a.kind !== b.kind) {
    const message = `its columns have types in one part that are measured in another way than in the next: ${a.kind}, ${b.kind}`;
    return { kind: 'error', message };
  }
  return (MERGERS[a.kind] as Merger<typeof a>)(a, b, budget);
}

type Merger<S> = (a: S, b: S, budget: number) => CheckState;
type Known = Exclude<CheckState, ErrorState>;

const MERGERS: { [K in Known['kind']]: Merger<Extract<Known, { kind: K }>> } = {
  nothing: (a) => a,
  sql: (a) => a,
  spilled: (a) => a,
  rows: (a, b) => ({ kind: 'rows', rows: a.rows + b.rows }),
  share: (a, b) => ({ kind: 'share', ...addShares(a, b) }),
  newest: (a, b) => ({ kind: 'newest', total: a.total + b.total, newestNs: later(a.newestNs, b.newestNs) }),
  keys: mergeKeys,
  counts: mergeCounts,
  order: mergeOrders,
  schema: (a, b) => ({
    kind: 'schema',
    schemas: [...new Map([...a.schemas, ...b.schemas].map((schema) => [JSON.stringify(schema), schema])).values()],
    nulls: addTallies(a.nulls, b.nulls),
  }),
  numbers: (a, b) => ({
    kind: 'numbers',
    total: a.total + b.total,
    nulls: a.nulls + b.nulls,
    nans: a.nans + b.nans,
    moments: mergeMoments(a.moments, b.moments),
    sum: a.sum === null || b.sum === null ? null : (BigInt(a.sum) + BigInt(b.sum)).toString(),
    least: extreme(a.least, b.least, -1),
    greatest: extreme(a.greatest, b.greatest, 1),
  }),
  distribution(a, b) {
    const sketch = NumberSketch.from(a.sketch, CHECK_SKETCH);
    sketch.addState(b.sketch);
    return { kind: 'distribution', total: a.total + b.total, nans: a.nans + b.nans, sketch: sketch.state() };
  },
  pair: mergePairs,
  groups: mergeGroups,
  buckets(a, b) {
    const buckets = new Map(a.buckets);
    for (const [bucket, rows] of b.buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + rows);
    return { kind: 'buckets', total: a.total + b.total, buckets };
  },
  sketched_distinct(a, b) {
    const sketch = new HyperLogLog(a.registers.slice());
    sketch.merge(b.registers);
    return { kind: 'sketched_distinct', total: a.total + b.total, registers: sketch.registers };
  },
  tally: (a, b) => ({
    kind: 'tally',
    total: a.total + b.total,
    tally: addTallies(a.tally, b.tally),
    examples: [...a.examples, ...b.examples].slice(0, MAX_EXAMPLES),
  }),
  checksum: (a, b) =>
    a.types !== b.types
      ? typesDiffer(a.types, b.types)
      : { kind: 'checksum', rows: a.rows + b.rows, types: a.types, sum: BigInt.asUintN(64, a.sum + b.sum) },
  many(a, b, budget) {
    const states = { ...a.states };
    for (const [name, state] of Object.entries(b.states)) {
      states[name] = states[name] === undefined ? state : mergeStates(states[name], state, budget);
    }
    return { kind: 'many', states };
  },
  profile(a, b) {
    try {
      return { kind: 'profile', profile: mergeProfiles(a.profile, b.profile) };
    } catch (error) {
      return { kind: 'error', message: (error as Error).message };
    }
  },
};

function addShares(a: Shares, b: Shares): Shares {
  return {
    total: a.total + b.total,
    failing: a.failing + b.failing,
    examples: [...a.examples, ...b.examples].slice(0, MAX_EXAMPLES),
  };
}

type Shares = Pick<ShareState, 'total' | 'failing' | 'examples'>;

/** The first row of the second part is compared with the last of the first; if it fails, its number is no longer known. */
function mergeOrders(a: OrderState, b: OrderState): OrderState {
  const border = a.last === null || b.first === null || orderTest(a.operator)(compareKeys(b.first, a.last)) ? 0 : 1;
  const shares = addShares(a, b);
  return {
    kind: 'order',
    ...shares,
    failing: shares.failing + border,
    operator: a.operator,
    first: a.first ?? b.first,
    last: b.last ?? a.last,
  };
}

/** Chan, Golub and LeVeque’s rule for two variables. */
function mergePairs(a: PairState, b: PairState): PairState {
  const total = a.total + b.total;
  const nans = a.nans + b.nans;
  if (a.total === 0 || b.total === 0) return { ...(a.total === 0 ? b : a), nans };
  const [deltaA, deltaB] = [b.meanA - a.meanA, b.meanB - a.meanB];
  const weight = (a.total * b.total) / total;
  return {
    kind: 'pair',
    total,
    nans,
    meanA: a.meanA + (deltaA * b.total) / total,
    meanB: a.meanB + (deltaB * b.total) / total,
    m2A: a.m2A + b.m2A + deltaA * deltaA * weight,
    m2B: a.m2B + b.m2B + deltaB * deltaB * weight,
    comoment: a.comoment + b.comoment + deltaA * deltaB * weight,
  };
}

function addTallies(a: { [name: string]: number }, b: { [name: string]: number }): { [name: string]: number } {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function extreme(a: OrderKey | null, b: OrderKey | null, sign: 1 | -1): OrderKey | null {
  if (a === null || b === null) return a ?? b;
  return compareKeys(b, a) * sign > 0 ? b : a;
}

/** The order of two values of one column. */
export function compareKeys(a: OrderKey, b: OrderKey): number {
  if ('number' in a && 'number' in b) return a.number === b.number ? 0 : a.number - b.number;
  if ('integer' in a && 'integer' in b) {
    const difference = BigInt(a.integer) - BigInt(b.integer);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if ('text' in a && 'text' in b) return Buffer.from(a.text, 'base64').compare(Buffer.from(b.text, 'base64'));
  return NaN;
}

/** What `unique` answers where its keys do not fit into memory. */
export function overBudget(budget: number): ErrorState {
  return {
    kind: 'error',
    message: `the distinct keys need more than the ${budget / (1 << 20)} MiB of memory that a check may use`,
    overBudget: true,
  };
}

/** What `unique` answers for lists, maps and structs, which it cannot count in memory. */
export function notComparable(kind: ColumnKind): ErrorState {
  const remedy = 'values of this type can be compared only without `where`';
  return { kind: 'error', message: `values of type ${kind.name} cannot be compared here: ${remedy}`, overBudget: true };
}

function mergeKeys(a: KeysState, b: KeysState, budget: number): KeysState | ErrorState {
  if (a.types !== b.types) return typesDiffer(a.types, b.types);
  const set = ByteSet.from(a.keys, budget, b.keys.offsets.length - 1);
  if (!set.addAll(b.keys)) return overBudget(budget);
  const examples = [...a.examples, ...b.examples].slice(0, MAX_EXAMPLES);
  const [total, nulls] = [a.total + b.total, a.nulls + b.nulls];
  return { kind: 'keys', total, nulls, types: a.types, keys: set.lastKeys(), examples };
}

function mergeCounts(a: CountsState, b: CountsState, budget: number): CountsState | ErrorState {
  if (a.types !== b.types) return typesDiffer(a.types, b.types);
  const set = ByteSet.from(a.keys, budget, b.counts.length);
  const numbers = new Int32Array(b.counts.length);
  if (!set.addAll(b.keys, numbers)) return overBudget(budget);
  const counts = new Float64Array(set.size);
  counts.set(a.counts);
  for (let i = 0; i < numbers.length; i++) counts[numbers[i]!]! += b.counts[i]!;
  const [total, nulls] = [a.total + b.total, a.nulls + b.nulls];
  return { kind: 'counts', total, nulls, types: a.types, keys: set.lastKeys(), counts };
}

function mergeGroups(a: GroupsState, b: GroupsState, budget: number): GroupsState | ErrorState {
  if (a.types !== b.types) return typesDiffer(a.types, b.types);
  const set = ByteSet.from(a.keys, budget, b.counts.length);
  const numbers = new Int32Array(b.counts.length);
  if (!set.addAll(b.keys, numbers)) return overBudget(budget);
  const [counts, means] = [[...a.counts], [...a.means]];
  let within = a.within + b.within;
  for (let i = 0; i < numbers.length; i++) {
    const index = numbers[i]!;
    const [before, more] = [counts[index] ?? 0, b.counts[i]!];
    const mean = means[index] ?? b.means[i]!;
    const delta = b.means[i]! - mean;
    counts[index] = before + more;
    means[index] = mean + (delta * more) / (before + more);
    within += (delta * delta * before * more) / (before + more);
  }
  return {
    ...{ kind: 'groups', nans: a.nans + b.nans, types: a.types, keys: set.lastKeys(), within },
    ...{ counts: Float64Array.from(counts), means: Float64Array.from(means) },
  };
}

function typesDiffer(a: string, b: string): ErrorState {
  return { kind: 'error', message: `the columns have the types ${a} in one file and ${b} in another` };
}

function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return BigInt(a) >= BigInt(b) ? a : b;
}
