import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../schemas/index.js';

/** Whether a namespace has the search attributes of runs. */
export async function hasSearchAttributes(
  connection: Pick<NativeConnection, 'operatorService'>,
  namespace: string,
): Promise<boolean> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace }).catch(() => ({
    // Where listing them is not allowed, as on Temporal Cloud, setting them is not tried.
    customAttributes: {},
  }));
  return Object.values(SEARCH_ATTRIBUTES).every((name) => name in customAttributes);
}
