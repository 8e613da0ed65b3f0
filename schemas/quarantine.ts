import { rowChecks } from './checks/row-checks.js';

/** Column that a quarantine adds: the names of the checks that the row fails, `VARCHAR[]`. */
export const FAILED_CHECKS_COLUMN = '_failed_checks';

/** What is left of an order is another order, so taking the failing rows out would not mend it. */
const OF_NEIGHBOURS: readonly string[] = ['increasing', 'decreasing'];

const ROW_LEVEL: ReadonlySet<string> = new Set(
  rowChecks.map(({ shape }) => shape.type.value).filter((type) => !OF_NEIGHBOURS.includes(type)),
);

/** Whether checks of a type name rows that can be set apart, after which what is left passes. */
export function isRowLevel(type: string): boolean {
  return ROW_LEVEL.has(type);
}

/** Dataset that gets the failing rows of `dataset`, unless the step names another. */
export function quarantineDatasetOf(step: { quarantineDataset?: unknown }, dataset: string): string {
  return typeof step.quarantineDataset === 'string' ? step.quarantineDataset : `${dataset}-quarantine`;
}
