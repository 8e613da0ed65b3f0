import type { Distribution } from '../profile/profile.js';

/** Shares of values in bins of equal width. What is beyond the first and the last bin is counted apart. */
export interface Histogram {
  /** Where bins meet: one more than there are bins, ascending. A bin holds its lower edge. */
  edges: number[];
  /** One list a distribution, in the order given: the share of its values in each bin, from 0 to 1. */
  shares: number[][];
  /** Share of the values of each distribution below the first edge. */
  below: number[];
  /** Share of the values of each distribution at or above the last edge. */
  above: number[];
}

const MOST_BINS = 36;

/** A histogram stretches over all values, unless so small a share at either end takes more room than all the rest. */
const TAIL = 0.005;

/**
 * Histograms of distributions over the same bins, so that they can be laid over each other. Edges are round numbers. Undefined
 * where there are no finite values.
 * @param unit of times, whose edges are at whole minutes, hours or days
 */
export function histogramOf(distributions: readonly Distribution[], unit?: 'ms'): Histogram | undefined {
  const filled = distributions.filter(({ values }) => values.length > 0);
  if (filled.length === 0) return undefined;
  const [least, greatest] = range(filled.map(({ values }) => [values[0]!, values.at(-1)!]));
  const [low, high] = range(filled.map((one) => [quantile(one, TAIL), quantile(one, 1 - TAIL)]));
  const clipped = high - low < (greatest - least) / 2 && high > low;
  const edges = roundEdges(clipped ? low : least, clipped ? high : greatest, filled.every(isWhole), unit);
  const counted = distributions.map((one) => countShares(one, edges));
  return {
    edges,
    shares: counted.map(({ shares }) => shares),
    below: counted.map(({ below }) => below),
    above: counted.map(({ above }) => above),
  };
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** Widths of bins of times, ascending. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 30, 60, 120, 300, 600, 1800].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 10, 30, 90, 365].map((days) => days * DAY),
];

/** Edges at multiples of 1, 2 or 5 times a power of ten that hold both ends. Whole numbers are never split. */
function roundEdges(low: number, high: number, whole: boolean, unit: 'ms' | undefined): number[] {
  const span = high - low;
  if (!Number.isFinite(span) || !(span > Math.abs(high) * 1e-12)) return [low, nextAbove(high, whole)];
  const rough = span / (MOST_BINS - 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const decimal = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const step = (unit === 'ms' && TIME_STEPS.find((candidate) => candidate >= rough)) || decimal;
  const width = whole ? Math.max(1, step) : step;
  const first = Math.floor(low / width);
  const last = Math.floor(high / width) + 1;
  // Rounded, since 3 * 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * width).toPrecision(12)));
}

/** An edge above the only value there is. */
function nextAbove(value: number, whole: boolean): number {
  if (whole) return value + 1;
  return value + Math.max(Math.abs(value) * 1e-6, Number.MIN_VALUE * 2 ** 20);
}

function countShares({ values, weights }: Distribution, edges: readonly number[]) {
  const shares = new Array<number>(edges.length - 1).fill(0);
  let below = 0;
  let above = 0;
  let bin = 0;
  values.forEach((value, i) => {
    const weight = weights[i]!;
    if (value < edges[0]!) below += weight;
    else {
      while (bin < shares.length && value >= edges[bin + 1]!) bin += 1;
      if (bin === shares.length) above += weight;
      else shares[bin]! += weight;
    }
  });
  const size = Math.max(1, sum(weights));
  return { shares: shares.map((count) => count / size), below: below / size, above: above / size };
}

function quantile({ values, weights }: Distribution, share: number): number {
  const wanted = sum(weights) * share;
  let below = 0;
  const index = weights.findIndex((weight) => (below += weight) >= wanted);
  return values[index === -1 ? values.length - 1 : index]!;
}

function range(pairs: readonly (readonly [number, number])[]): [number, number] {
  return [Math.min(...pairs.map(([low]) => low)), Math.max(...pairs.map(([, high]) => high))];
}

const isWhole = ({ values }: Distribution) => values.every(Number.isInteger);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
