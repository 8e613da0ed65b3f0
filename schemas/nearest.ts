/** The candidate that was probably meant, or undefined if none is near: at most a third of its letters differ. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    // Lengths alone tell most of them apart, and that a text of megabytes is no name.
    if (Math.abs(name.length - candidate.length) > mostEdits(candidate)) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best !== undefined && bestDistance <= mostEdits(best) ? best : undefined;
}

/** Letters that may differ. */
function mostEdits(candidate: string): number {
  return Math.max(1, Math.floor(candidate.length / 3));
}

/** Edits between two words: letters put in, left out, replaced, or two neighbours swapped (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** Names that a hint lists where none is near. */
const LISTED = 10;

/** What to write after an unknown name: `; did you mean "x"?`, or the names there are. */
export function hint(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  if (candidates.length === 0) return '';
  const more = candidates.length > LISTED ? `, and ${candidates.length - LISTED} more` : '';
  return `; there are: ${candidates.slice(0, LISTED).join(', ')}${more}`;
}
