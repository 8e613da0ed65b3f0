export { mergeProfiles } from './merge-profiles.js';
export { distinctOf, metricOf, type ProfileMetric } from './metric-of.js';
export {
  PROFILE_VERSION,
  type Categories,
  type ColumnProfile,
  type DatasetProfile,
  type DistinctSketch,
  type Distribution,
  type Moments,
} from './profile.js';
export { quantileOf } from './sketch.js';
