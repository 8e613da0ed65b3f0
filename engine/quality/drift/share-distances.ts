/** Counts over the same bins or categories, side by side. Each side has a sum above 0. */
export interface CountPair {
  reference: ArrayLike<number>;
  current: ArrayLike<number>;
}

/**
 * Population stability index: Σ (q - p) ln(q / p), symmetric, unbounded. Empty bins count as 0.0001 or, where a bin has no more than
 * that, as a millionth of the smallest, as in Evidently.
 * N. Siddiqi, Credit Risk Scorecards (2006), chapter 8; it is the symmetric divergence of S. Kullback and R. A. Leibler (1951).
 */
export function populationStabilityIndex(counts: CountPair): number {
  const p = filled(sharesOf(counts.reference));
  const q = filled(sharesOf(counts.current));
  return sumOver(p, (share, index) => (share - q[index]!) * Math.log(share / q[index]!));
}

/**
 * Jensen-Shannon distance with the natural logarithm: from 0 to √ln 2 = 0.8326.
 * J. Lin, Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37 (1991) 145-151; its root is a
 * metric: D. M. Endres and J. E. Schindelin, IEEE Transactions on Information Theory 49 (2003) 1858-1860.
 */
export function jensenShannonDistance(counts: CountPair): number {
  const p = sharesOf(counts.reference);
  const q = sharesOf(counts.current);
  const relative = (share: number, middle: number) => (share === 0 ? 0 : share * Math.log(share / middle));
  const divergence = sumOver(p, (share, index) => {
    const other = q[index]!;
    // Rounding would leave a trace of 1e-17, the root of which is no small number.
    if (share === other) return 0;
    const middle = (share + other) / 2;
    return (relative(share, middle) + relative(other, middle)) / 2;
  });
  return Math.sqrt(Math.min(Math.LN2, Math.max(0, divergence)));
}

/**
 * Hellinger distance, from 0 to 1: √(½ Σ (√p - √q)²).
 * E. Hellinger, Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen, Journal für die reine und
 * angewandte Mathematik 136 (1909) 210-271.
 */
export function hellingerDistance(counts: CountPair): number {
  const p = sharesOf(counts.reference);
  const q = sharesOf(counts.current);
  const squares = sumOver(p, (share, index) => (Math.sqrt(share) - Math.sqrt(q[index]!)) ** 2);
  return Math.min(1, Math.sqrt(squares / 2));
}

/** Greatest difference of a share, from 0 to 1: the L-infinity distance by which TensorFlow Data Validation compares categories. */
export function lInfinityDistance(counts: CountPair): number {
  const p = sharesOf(counts.reference);
  const q = sharesOf(counts.current);
  return p.reduce((greatest, share, index) => Math.max(greatest, Math.abs(share - q[index]!)), 0);
}

/** Shares of a sum. */
export function sharesOf(counts: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(counts);
  const total = shares.reduce((sum, count) => sum + count, 0);
  return shares.map((count) => count / total);
}

function filled(shares: Float64Array): Float64Array {
  const least = shares.reduce((min, share) => (share > 0 ? Math.min(min, share) : min), Infinity);
  return shares.map((share) => (share > 0 ? share : least <= 1e-4 ? least / 1e6 : 1e-4));
}

function sumOver(shares: Float64Array, term: (share: number, index: number) => number): number {
  return shares.reduce((sum, share, index) => sum + term(share, index), 0);
}
