import { isCancellation, log, sleep } from '@temporalio/workflow';
import { categoryOf, summarizeFailure } from './failures.js';

/**
 * Attempts by category of error. Infrastructure has Temporal’s own retries below this, so that being preempted often
 * never uses up what is meant for errors in code, and the other way round.
 */
export const RETRY_BUDGETS: Readonly<Record<string, number>> = { preemption: 20, code: 3 };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Does work again while the budget of what failed allows it. */
export async function withBudgets<T>(work: () => Promise<T>): Promise<T> {
  const used = new Map<string, number>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { code, message } = summarizeFailure(error);
      const entry = categoryOf(code);
      const attempts = (used.get(entry?.category ?? '') ?? 0) + 1;
      if (entry?.retryable !== true || attempts >= (RETRY_BUDGETS[entry.category] ?? 0)) throw error;
      used.set(entry.category, attempts);
      log.warn(`attempt ${attempts} failed, ${code}: ${message}`);
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)));
    }
  }
}
