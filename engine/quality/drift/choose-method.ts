import type { DriftMethod } from '../../../schemas/index.js';

/** Up to this many rows in the reference a test is chosen, above it a distance: tests find any difference in many rows. */
export const SMALL_REFERENCE_ROWS = 1000;

/** Up to this many distinct values numbers are compared as categories. */
export const FEW_VALUES = 5;

/**
 * Evidently's default choice by type and size of the reference: Kolmogorov-Smirnov and chi-squared for small references; above,
 * Wasserstein in standard deviations for numbers and Jensen-Shannon for categories and for numbers of few values.
 * @param distinct distinct values of both sides together
 */
export function chooseMethod(kind: 'numeric' | 'categorical', referenceRows: number, distinct: number): DriftMethod {
  const small = referenceRows <= SMALL_REFERENCE_ROWS;
  if (kind === 'numeric' && distinct > FEW_VALUES) return small ? 'ks' : 'wasserstein';
  return small ? 'chi2' : 'js';
}
