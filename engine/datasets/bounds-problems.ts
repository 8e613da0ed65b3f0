import { formatPath, isMillraceError, type DeclaredPartitions, type Problem } from '../../schemas/index.js';
import { withKeys } from './dynamic-partitions.js';
import { partitionWindow } from './partition-windows.js';

/** What is wrong with the first and last key of partitions of time, with the path within the partitions. */
export function boundsProblems(partitions: DeclaredPartitions): Problem[] {
  if (partitions.kind !== 'product') return problemsOf(partitions, []);
  return Object.entries(partitions.dimensions).flatMap(([name, dimension]) =>
    problemsOf(dimension, ['dimensions', name]),
  );
}

function problemsOf(partitions: DeclaredPartitions, path: readonly string[]): Problem[] {
  if (!('timezone' in partitions)) return [];
  const { start, end } = partitions;
  const unbounded = withKeys({ ...partitions, start: undefined, end: undefined });
  const problems: Problem[] = [];
  const startOf = (field: 'start' | 'end', key: string | undefined): string | undefined => {
    if (key === undefined) return undefined;
    try {
      return partitionWindow(unbounded, key).start;
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      problems.push({ path: formatPath([...path, field]), message: error.message });
      return undefined;
    }
  };
  const [first, last] = [startOf('start', start), startOf('end', end)];
  if (first !== undefined && last !== undefined && last < first) {
    problems.push({ path: formatPath([...path, 'end']), message: `${end} comes before the start, ${start}` });
  }
  return problems;
}
