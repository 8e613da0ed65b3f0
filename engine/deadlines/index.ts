/** Deadlines of pipelines: when they are, whether a run is going to meet them, and what to say if not. */
export * from './deadline-times.js';
export * from './forecast-run.js';
export * from './judge-deadline.js';
