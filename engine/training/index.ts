export * from './evaluate-models.js';
export * from './evaluation.js';
export * from './model-package.js';
export * from './parity.js';
export * from './python-environment.js';
export * from './run-trainer.js';
export * from './scoring.js';
export * from './train-model.js';
