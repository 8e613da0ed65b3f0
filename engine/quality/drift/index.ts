export { adjustBenjaminiHochberg } from './benjamini-hochberg.js';
export { countInBins, quantileBins, sturgesBins, type Bins } from './bins.js';
export { alignCategories, type AlignedCategories, type CategoryCounts } from './categories.js';
export { chiSquaredTail, chiSquaredTest, cramersV, type ChiSquaredTest } from './chi-squared.js';
export { chooseMethod } from './choose-method.js';
export { compareProfiles } from './compare-profiles.js';
export { ksProbability, ksStatistic } from './kolmogorov-smirnov.js';
export {
  hellingerDistance,
  jensenShannonDistance,
  lInfinityDistance,
  populationStabilityIndex,
  type CountPair,
} from './share-distances.js';
export { normedWasserstein, wassersteinDistance } from './wasserstein.js';
export { momentsOf, sampleDistribution } from './weighted-points.js';
