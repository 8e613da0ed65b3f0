export { fitSmoothing, initialState, smooth, type HoltWintersState, type Smoothing } from './holt-winters.js';
export { judgeMetricHistory } from './judge-metric-history.js';
export type { MetricPoint } from './series.js';
