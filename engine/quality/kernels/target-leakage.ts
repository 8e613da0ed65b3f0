import type { Field } from '../column-kind.js';
import { Misfit } from '../literals.js';
import type { CheckState, ManyState } from '../states.js';
import { associationKernel, associationOf } from './association.js';
import type { CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { ManyKernels } from './many-kernels.js';

/** Features that a message names: the strongest, and those without an association. */
const NAMED = 3;

function featuresOf(check: CheckOf<'target_leakage'>, fields: readonly Field[]): readonly string[] {
  return check.columns ?? fields.map(({ name }) => name).filter((name) => name !== check.label);
}

/**
 * The strongest association of a feature with the label. A feature without one (a type that cannot be compared, a constant, too many distinct
 * values) is named with the reason; where the check asks for it by name and it could not be measured, the check is an error.
 */
export const targetLeakage: CheckDefinition<CheckOf<'target_leakage'>> = {
  columns: (check) => [check.label, ...(check.columns ?? [])],
  reads: (check, fields) => [check.label, ...featuresOf(check, fields)],
  problems: (check) => [
    ...limitsProblems(check),
    ...(check.columns?.includes(check.label)
      ? [{ path: 'columns', message: `must not hold the label ${check.label}` }]
      : []),
  ],
  start(check, kinds, { fields }) {
    const label = { column: check.label, kind: kinds[0]! };
    const kernels = new Map<string, Kernel>();
    featuresOf(check, fields).forEach((column, i) => {
      const feature = { column, kind: kinds[i + 1]! };
      const kernel = associationKernel(feature, label);
      if (kernel !== undefined) kernels.set(column, kernel);
      else if (check.columns !== undefined) {
        throw new Misfit(`${column} (${feature.kind.name}) cannot be compared with the label (${label.kind.name})`);
      }
    });
    if (kernels.size === 0) throw new Misfit(`no column can be compared with the label (${label.kind.name})`);
    return new ManyKernels(kernels);
  },
  threshold: (check) => `association with ${check.label} ${limitsWords(check)}`,
  judge(state, check, { fields }) {
    const kinds = new Map(fields.map(({ name, kind }) => [name, kind]));
    const { states } = state as ManyState;
    const measured = featuresOf(check, fields).map((feature) => {
      const seen = states[feature];
      return { feature, seen, value: seen === undefined ? NaN : associationOf(seen, kinds.get(feature)!) };
    });
    const known = measured.filter(({ value }) => !Number.isNaN(value)).sort((a, b) => b.value - a.value);
    const unknown = measured.filter(({ value }) => Number.isNaN(value));
    const reasons = unknown.slice(0, NAMED).map(({ feature, seen }) => `${feature} (${reasonOf(seen)})`);
    const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : '';
    const unmeasured = `not measured: ${reasons.join(', ')}${more}`;
    const strongest = known[0]?.value ?? NaN;
    const outcome = withinLimits(strongest, check);
    const couldNot = check.columns !== undefined && unknown.some(({ seen }) => seen?.kind === 'error');
    if (couldNot && (outcome.passed || known.length === 0)) return { failed: unmeasured };
    if (known.length === 0) return { skipped: unmeasured };
    const named = known.slice(0, NAMED).map(({ feature, value }) => `${feature} ${value.toFixed(3)}`);
    return {
      ...outcome,
      observed: strongest,
      failing: known.filter(({ value }) => !withinLimits(value, check).passed).length,
      total: known.length,
      examples: [],
      message: [named.join(', '), ...(unknown.length === 0 ? [] : [unmeasured])].join('; '),
    };
  },
};

function reasonOf(state: CheckState | undefined): string {
  if (state === undefined) return 'its type cannot be compared with the label’s';
  return state.kind === 'error' ? state.message : 'it or the label has no two values';
}
