/** The doors to the engine: one factory an activity group. */
export * from './alert-activities.js';
export * from './backfill-activities.js';
export * from './backfill-quality-activities.js';
export * from './dataset-activities.js';
export * from './deadline-activities.js';
export * from './dependencies.js';
export * from './lineage-activities.js';
export * from './poll-execution.js';
export * from './pool-activities.js';
export * from './project-activities.js';
export * from './quality-activities.js';
export * from './recall-activities.js';
export * from './rollout-activities.js';
export * from './run-activities.js';
export * from './schedule-activities.js';
export * from './training-activities.js';
export * from './trigger-activities.js';
