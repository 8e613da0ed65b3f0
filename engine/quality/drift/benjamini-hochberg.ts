/**
 * Adjusts p values of several tests so that, of those below alpha, at most a share of alpha is expected to be false; in the order
 * given, null (no test) stays null and does not count.
 * Y. Benjamini, Y. Hochberg, Controlling the false discovery rate, JRSS B 57 (1995) 289-300.
 */
export function adjustBenjaminiHochberg(probabilities: readonly (number | null)[]): (number | null)[] {
  const ranked = probabilities.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = probabilities.map(() => null);
  let least = 1;
  for (let rank = ranked.length; rank > 0; rank -= 1) {
    const { p, index } = ranked[rank - 1]!;
    // The factor first: no rounding may leave less than p.
    least = Math.min(least, p * (ranked.length / rank));
    adjusted[index] = least;
  }
  return adjusted;
}
