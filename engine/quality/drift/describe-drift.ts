import type { ColumnDrift, DriftMethod } from '../../../schemas/index.js';

const METHOD_WORDS: Record<DriftMethod, string> = {
  psi: 'population stability index',
  js: 'Jensen-Shannon distance',
  ks: 'Kolmogorov-Smirnov statistic',
  wasserstein: 'Wasserstein distance in standard deviations',
  chi2: 'Cramér’s V',
  linf: 'greatest difference of a share',
  hellinger: 'Hellinger distance',
};

/** Categories that a sentence names. */
const SPOKEN_CATEGORIES = 5;

/** The finding on a compared column in one sentence. */
export function describeDrift(drift: Omit<ColumnDrift, 'message'>, alpha: number): string {
  const { method, effect, threshold, pAdjusted, drifted } = drift;
  if (method === null || effect === null || threshold === null) return '';
  const measure = `${METHOD_WORDS[method]} ${short(effect)}`;
  const chance = pAdjusted === null ? '' : `, adjusted p ${short(pAdjusted)}`;
  const verdict = drifted
    ? `drifted: ${measure}, limit ${short(threshold)}${chance}`
    : effect < threshold || effect === 0
      ? `stable: ${measure}, limit ${short(threshold)}${chance}`
      : `stable: ${measure} exceeds ${short(threshold)}, but may be chance${chance}, alpha ${short(alpha)}`;
  return [
    verdict,
    ...named('new', drift.newCategories, drift.newCategoryCount),
    ...named('vanished', drift.vanishedCategories, drift.vanishedCategoryCount),
  ].join('; ');
}

function named(word: string, categories: readonly string[], count: number): string[] {
  if (count === 0) return [];
  const shown = categories.slice(0, SPOKEN_CATEGORIES);
  const more = count > shown.length ? ` and ${count - shown.length} more` : '';
  return [`${word}: ${shown.join(', ')}${more}`];
}

function short(number: number): string {
  return String(Number(number.toPrecision(3)));
}
