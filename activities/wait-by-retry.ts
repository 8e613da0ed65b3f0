import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { isMillraceError } from '../schemas/index.js';

/**
 * Ends an attempt that found nothing yet. Temporal makes the next one after the interval of the retry policy: waiting so
 * holds no worker slot between two looks, and adds nothing to the history, however long it lasts.
 */
export function notYet(what: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'NOT_YET',
    message: what,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** As quickScope, for what has to be done some time: whatever fails is tried again, for as long as it takes. */
export async function sometime<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
    throw ApplicationFailure.create({
      type: isMillraceError(error) ? error.code : 'INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      cause: error instanceof Error ? error : undefined,
    });
  }
}
