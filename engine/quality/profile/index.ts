export {
  PROFILE_VERSION,
  type Categories,
  type ColumnProfile,
  type DatasetProfile,
  type DistinctSketch,
  type Distribution,
  type Moments,
} from './profile.js';
