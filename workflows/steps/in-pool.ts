import type { PooledStep } from '../../schemas/index.js';
import { withBudgets } from '../retry-budgets.js';
import type { Run } from '../run.js';
import { withPool } from '../with-pool.js';

/** Does the work of a step with a place in its pool, again while the budgets of what failed allow it. */
export function inPool<T>(run: Run, name: string, step: PooledStep, work: () => Promise<T>): Promise<T> {
  return withPool(run, name, step, () => withBudgets(work));
}
