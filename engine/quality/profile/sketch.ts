import { Kll } from './kll.js';
import type { Distribution } from './profile.js';

/** A sketch as data: distinct values with exact counts, or the levels of a KLL sketch. */
export type SketchState =
  { exact: true; values: Float64Array; counts: Float64Array } | { exact: false; levels: number[][] };

/** How much a sketch may hold. */
export interface SketchBudget {
  /** Distinct values that are counted exactly. */
  distinct: number;
  /** The k of the KLL sketch that follows when there are more. */
  k: number;
}

/** For checks: 40 MiB at most, then ranks within 0.24 %. */
export const CHECK_SKETCH: SketchBudget = { distinct: 1_000_000, k: 2048 };

/** For profiles, which are stored: 4096 values, then ranks within 0.44 %. */
export const PROFILE_SKETCH: SketchBudget = { distinct: 4096, k: 1024 };

/**
 * A mergeable distribution of numbers without NaN: exact while there are few distinct ones, a KLL sketch afterwards.
 */
export class NumberSketch {
  private counts: NumberCounts | null = new NumberCounts();
  private kll: Kll | null = null;

  constructor(private readonly budget: SketchBudget) {}

  /** A sketch with what a state holds; it goes on from there. */
  static from(state: SketchState, budget: SketchBudget): NumberSketch {
    const sketch = new NumberSketch(budget);
    sketch.addState(state);
    return sketch;
  }

  /** Takes in `weight` rows of a value. */
  add(value: number, weight = 1): void {
    if (this.counts === null) {
      this.kll!.add(value, weight);
      return;
    }
    this.counts.add(value, weight);
    if (this.counts.size > this.budget.distinct) this.becomeKll();
  }

  /** Takes in what another sketch has seen. */
  addState(state: SketchState): void {
    if (state.exact) {
      for (let i = 0; i < state.values.length; i++) this.add(state.values[i]!, state.counts[i]);
      return;
    }
    if (this.counts !== null) this.becomeKll();
    this.kll!.merge(state.levels);
  }

  /** What was seen so far, as data. */
  state(): SketchState {
    return this.counts === null
      ? { exact: false, levels: this.kll!.levels() }
      : { exact: true, ...this.counts.sorted() };
  }

  private becomeKll(): void {
    this.kll = new Kll(this.budget.k);
    const { values, counts } = this.counts!.sorted();
    this.counts = null;
    for (let i = 0; i < values.length; i++) this.kll.add(values[i]!, counts[i]);
  }
}

/** Values with weights, ascending. */
export function distributionOf(state: SketchState, budget: SketchBudget): Distribution {
  if (state.exact) return { values: [...state.values], weights: [...state.counts], rankError: 0 };
  const pairs = state.levels.flatMap((values, level) => values.map((value) => [value, 2 ** level] as const));
  pairs.sort((a, b) => a[0] - b[0]);
  return {
    values: pairs.map(([value]) => value),
    weights: pairs.map(([, weight]) => weight),
    rankError: rankErrorOf(budget.k),
  };
}

/** The sketch under a distribution, to go on with. */
export function sketchStateOf({ values, weights, rankError }: Distribution): SketchState {
  if (rankError === 0) return { exact: true, values: Float64Array.from(values), counts: Float64Array.from(weights) };
  const levels: number[][] = [];
  values.forEach((value, i) => (levels[Math.round(Math.log2(weights[i]!))] ??= []).push(value));
  return { exact: false, levels: Array.from(levels, (level) => level ?? []) };
}

/** The error of ranks of a KLL sketch with 99 % confidence, as Apache DataSketches measured it. */
export function rankErrorOf(k: number): number {
  return 2.296 / k ** 0.9021;
}

/**
 * A quantile by linear interpolation between the neighbours (Hyndman and Fan’s type 7, the default of NumPy); NaN without values.
 * @param q from 0 to 1
 */
export function quantileOf({ values, weights }: Distribution, q: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return NaN;
  const position = q * (total - 1);
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    const last = seen + weights[i]! - 1;
    if (position <= last || i === values.length - 1) return values[i]!;
    if (position < last + 1) {
      const share = position - last;
      return values[i]! * (1 - share) + values[i + 1]! * share;
    }
    seen = last + 1;
  }
  return NaN;
}

/** Counts of numbers in one flat table with open addressing; -0 is 0. */
class NumberCounts {
  size = 0;
  private values = new Float64Array(1024);
  private counts = new Float64Array(1024);

  add(value: number, weight: number): void {
    const slot = this.slotOf(value + 0);
    if (this.counts[slot] === 0) {
      this.values[slot] = value + 0;
      this.size++;
    }
    this.counts[slot] = this.counts[slot]! + weight;
    if (this.size * 2 > this.values.length) this.grow();
  }

  sorted(): { values: Float64Array; counts: Float64Array } {
    const values = this.values.filter((_, slot) => this.counts[slot]! > 0).sort();
    return { values, counts: values.map((value) => this.counts[this.slotOf(value)]!) };
  }

  private slotOf(value: number): number {
    const mask = this.values.length - 1;
    BITS.number[0] = value;
    let hash = Math.imul(BITS.words[0]! ^ Math.imul(BITS.words[1]!, 0x9e3779b1), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 16)) & mask;
    while (this.counts[slot] !== 0 && this.values[slot] !== value) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { values, counts } = this;
    this.values = new Float64Array(values.length * 2);
    this.counts = new Float64Array(values.length * 2);
    for (let i = 0; i < values.length; i++) {
      if (counts[i] === 0) continue;
      const slot = this.slotOf(values[i]!);
      this.values[slot] = values[i]!;
      this.counts[slot] = counts[i]!;
    }
  }
}

const number = new Float64Array(1);
const BITS = { number, words: new Int32Array(number.buffer) };
