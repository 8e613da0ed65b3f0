/** For workflows of your own: the steps as functions, and what a run needs around them. */
export * from './steps/index.js';
export { withRun, type OpenRunOptions } from './open-run.js';
export { approveUpdate, awaitDecision, recheckUpdate, rejectUpdate, releaseUpdate } from './gate-decisions.js';
export { joinRun } from './join-run.js';
export { progressQuery, type Run } from './run.js';
