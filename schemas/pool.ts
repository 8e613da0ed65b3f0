import { z } from 'zod';
import { instantField, nameField } from './fields.js';

/** A step that wants, or has, a place in a pool. */
export const poolPlaceSchema = z.strictObject({
  ticket: z.string().min(1).max(300).describe('What tells it from others; asked for again, it is the same place.'),
  workflowId: z.string().describe('Workflow of the run.'),
  runId: z.string().describe('Id of the run.'),
  pipeline: nameField.describe('Pipeline; pipelines take turns.'),
  step: nameField.describe('Step.'),
  since: instantField.describe('When it asked, or got it.'),
});

/** Takes of the signal `ask` of a pool. */
export const poolAskSchema = poolPlaceSchema.omit({ since: true }).extend({
  limit: z.int().positive().describe('Places of the pool, as the configuration says now.'),
});

/** Result of the query `places` of a pool. */
export const poolStatusSchema = z.strictObject({
  pool: nameField.describe('Name of the pool.'),
  limit: z.int().nonnegative().describe('Places that it has.'),
  holders: z.array(poolPlaceSchema).describe('Who has a place, oldest first.'),
  waiting: z.array(poolPlaceSchema).describe('Who waits for one, in the order in which they asked.'),
});

/** Input of the workflow `pool`: its name, and what the execution before left. */
export const poolInputSchema = poolStatusSchema
  .extend({ last: z.record(z.string(), z.number()).describe('When each pipeline got a place last.') })
  .partial()
  .required({ pool: true });

/** The id of the one workflow of a pool. */
export function poolWorkflowId(pool: string): string {
  return `pool/${pool}`;
}

/** What tells a place from others: the first execution of the run, so that one that was reset asks for the same, the step, and the how manieth it is. */
export function poolTicket(firstExecutionRunId: string, step: string, nth: number): string {
  return `${firstExecutionRunId}/${step}/${nth}`;
}

export function firstExecutionOfTicket(ticket: string): string {
  return ticket.slice(0, ticket.indexOf('/'));
}

const POOL_WAIT = 'waits for the pool ';

/** Summary of a step that waits for a place in a pool. */
export function poolWait(pool: string): string {
  return `${POOL_WAIT}${pool}`;
}

export function isPoolWait(summary: string): boolean {
  return summary.startsWith(POOL_WAIT);
}

export type PoolPlace = z.infer<typeof poolPlaceSchema>;
export type PoolAsk = z.infer<typeof poolAskSchema>;
export type PoolStatus = z.infer<typeof poolStatusSchema>;
