/** Pipelines as data: choosing one, putting parameters in, choosing the partition of a run. */
export * from './as-run.js';
export * from './backfill-facts.js';
export * from './backfill-keys.js';
export * from './backfill-plan.js';
export * from './cache-key.js';
export * from './code-digests.js';
export * from './calendar-clock.js';
export * from './closed-partitions.js';
export * from './freeze-pipeline.js';
export * from './groups.js';
export * from './kept-plans.js';
export * from './known-partitions.js';
export * from './recall-repair.js';
export * from './resolve-run.js';
export * from './reusable-steps.js';
export * from './verify-output.js';
export * from './without-checks.js';
