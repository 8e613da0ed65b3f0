/** The 97.5 % quantile of the normal distribution: bounds hold with 95 % confidence. */
const Z = 1.959963984540054;

/**
 * Wilson’s interval for a share (E. B. Wilson, JASA 22 (1927) 209-212), with 95 % confidence.
 * @param passing rows of `total` for which something holds
 */
export function wilsonInterval(passing: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const share = passing / total;
  const centre = (share + (Z * Z) / (2 * total)) / (1 + (Z * Z) / total);
  const half = (Z / (1 + (Z * Z) / total)) * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
