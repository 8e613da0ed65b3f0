import type { CountPair } from './share-distances.js';

/** Categories with their counts; `other` values are of categories that are not listed. */
export interface CategoryCounts {
  counts: ReadonlyMap<string, number>;
  other: number;
}

/** Two sides over the same categories. */
export interface AlignedCategories {
  /** The last cell is of categories that are not listed on both sides, if there are any. */
  counts: CountPair;
  /** Categories of one side alone, the most frequent first. */
  added: string[];
  vanished: string[];
}

/**
 * Puts two sides over the union of their categories. Where a side does not list all, a category that it lacks may be among its
 * others: it is counted with the others on both sides, and called neither new nor vanished.
 */
export function alignCategories(reference: CategoryCounts, current: CategoryCounts): AlignedCategories {
  const pairs: [number, number][] = [];
  const rest: [number, number] = [reference.other, current.other];
  for (const category of new Set([...reference.counts.keys(), ...current.counts.keys()])) {
    const before = reference.counts.get(category);
    const now = current.counts.get(category);
    const unknown = (before === undefined && reference.other > 0) || (now === undefined && current.other > 0);
    if (unknown) {
      rest[0] += before ?? 0;
      rest[1] += now ?? 0;
    } else pairs.push([before ?? 0, now ?? 0]);
  }
  if (rest[0] + rest[1] > 0) pairs.push(rest);
  return {
    counts: { reference: pairs.map(([count]) => count), current: pairs.map(([, count]) => count) },
    added: absentFrom(reference, current),
    vanished: absentFrom(current, reference),
  };
}

function absentFrom(side: CategoryCounts, from: CategoryCounts): string[] {
  if (side.other > 0) return [];
  return [...from.counts]
    .filter(([category, count]) => count > 0 && (side.counts.get(category) ?? 0) === 0)
    .sort((a, b) => b[1] - a[1])
    .map(([category]) => category);
}
