import {
  formatPath,
  isMillraceError,
  MillraceError,
  type BackfillRange,
  type Partitions,
  type Problem,
} from '../../schemas/index.js';
import { partitionRange, partitionWindow, wholeSet } from '../datasets/index.js';

/** Wrong keys that are told one by one. */
const SHOWN_PROBLEMS = 20;

/**
 * The keys that a backfill is about, oldest first where they are times: those that it names, each once; those of its range; or all of a set.
 * @param most keys
 * @throws PARTITION_INVALID, PARTITION_UNKNOWN with the path of each key that is none; INPUT_INVALID where a range is needed
 */
export function backfillKeys(partitions: Partitions, { from, to, keys }: BackfillRange, most: number): string[] {
  if (keys !== undefined) return namedKeys(partitions, keys);
  if (from !== undefined && to !== undefined) return rangeOfKeys(partitions, from, to, most);
  const whole = wholeSet(partitions, most);
  if (whole !== undefined) return whole;
  const message = 'must be given: partitions of time have no last one';
  throw new MillraceError('INPUT_INVALID', `from and to ${message}`, {
    problems: ['from', 'to'].map((path) => ({ path, message })),
  });
}

/** The keys of a range. A problem is that of the end which is no key by itself, else of the last one. */
function rangeOfKeys(partitions: Partitions, from: string, to: string, most: number): string[] {
  try {
    return partitionRange(partitions, from, to, most);
  } catch (error) {
    if (!isMillraceError(error) || error.problems.length > 0) throw error;
    const ends = Object.entries({ from, to }).flatMap(([path, key]) => {
      const message = problemOf(() => partitionRange(partitions, key, key, most));
      return message === undefined ? [] : [{ path, message }];
    });
    const problems = ends.length > 0 ? ends : [{ path: 'to', message: error.message }];
    throw new MillraceError(error.code, error.message, { problems, cause: error });
  }
}

function problemOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (isMillraceError(error)) return error.message;
    throw error;
  }
}

function namedKeys(partitions: Partitions, keys: readonly string[]): string[] {
  const problems: Problem[] = [];
  let first: MillraceError | undefined;
  const found = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    if (found.has(key)) continue;
    try {
      found.set(key, partitionWindow(partitions, key).start ?? '');
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      first ??= error;
      problems.push({ path: formatPath(['keys', index]), message: error.message });
    }
  }
  if (first !== undefined) {
    const more = problems.length - 1;
    const text = `${first.message}${more > 0 ? `; and ${more} more of the keys` : ''}`;
    throw new MillraceError(first.code, text, { problems: problems.slice(0, SHOWN_PROBLEMS) });
  }
  // Where they have no time, all are '', and the order stays.
  return [...found].sort(([, one], [, other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([key]) => key);
}
