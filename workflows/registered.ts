/** What a worker registers: each export is a workflow type. */
export { alertDelivery } from './alert-delivery.js';
export { alerts } from './alerts.js';
export { auditor } from './auditor.js';
export { backfill } from './backfill.js';
export { deadlines } from './deadlines.js';
export { inbox } from './inbox.js';
export { line } from './line.js';
export { pipelineRun } from './pipeline-run.js';
export { pool } from './pool.js';
export { recall } from './recall.js';
export { rollout } from './rollout.js';
export { scheduledFiring } from './scheduled-firing.js';
export { unknownType as default } from './unknown-type.js';
