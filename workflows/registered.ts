/** What a worker registers: each export is a workflow type. */
export { pipelineRun } from './pipeline-run.js';
export { rollout } from './rollout.js';
