/** The steps of a pipeline as functions: the interpreter is built from them, and so may be a workflow of your own. */
export * from './activity-step.js';
export * from './approve-step.js';
export * from './check-step.js';
export * from './command-step.js';
export * from './dataset-steps.js';
export * from './model-steps.js';
