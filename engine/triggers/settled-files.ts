/** A file as it was seen. */
export interface SeenFile {
  /** Path or address, as people know it. */
  path: string;
  partition: string | undefined;
  bytes: number;
  /** What changes with the content: the time of its change, or its ETag. */
  stamp: string;
  /** Whether its marker lies beside it; undefined where none is asked for. */
  marked?: boolean;
}

/** Since when files are what they are, by path: stamp and size, and milliseconds since 1970. */
export type Observations = Record<string, { what: string; since: number }>;

/** Files that are observed at once, so that what is carried from look to look stays small; the others wait their turn. */
export const MOST_OBSERVED = 5_000;

/**
 * Files that are whole: with their marker beside them, or the same in size and stamp for long enough.
 * @param before observations of the look before
 * @param now milliseconds since 1970
 * @returns `observed` is for the next look: only files that have not settled are in it
 */
export function settledFiles(
  files: readonly SeenFile[],
  before: Observations,
  { settleMs, now }: { settleMs: number; now: number },
): { settled: SeenFile[]; observed: Observations } {
  const settled: SeenFile[] = [];
  const observed: Observations = {};
  let count = 0;
  for (const file of files) {
    if (file.marked === false) continue;
    const what = `${file.bytes}/${file.stamp}`;
    const last = before[file.path];
    const since = last?.what === what ? last.since : now;
    if (file.marked === true || now - since >= settleMs) settled.push(file);
    else if (count++ < MOST_OBSERVED) observed[file.path] = { what, since };
  }
  return { settled, observed };
}
