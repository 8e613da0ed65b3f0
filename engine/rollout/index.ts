/** Canary judgement: pure functions from the counters of the model servers to a verdict. */
export { type JudgeInput, type Judgement, judgeStep } from './judge-step.js';
export { type LatencyHistogram, mergeHistograms, quantileOf } from './latency-quantile.js';
export { type MeasureOptions, measureStep, type StepMeasurement } from './measure-step.js';
export { differenceOfProportions, type Interval, timeUniformZ, wilsonInterval } from './proportions.js';
export { readiness, type Readiness } from './readiness.js';
