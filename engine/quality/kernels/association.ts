import { familyOf, type ColumnKind } from '../column-kind.js';
import type { CheckState } from '../states.js';
import { pearson, PairKernel } from './correlation.js';
import { correlationRatio, GroupMoments } from './group-moments.js';
import { cramersV, JointCounts } from './joint-counts.js';
import type { Kernel } from './kernel.js';
import { ManyKernels } from './many-kernels.js';

/** Memory for the groups or pairs of values of one pair of columns. */
const BUDGET_BYTES = 64 << 20;

const NUMBERS = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean']);

/** A column that is compared with another. */
export interface Compared {
  column: string;
  kind: ColumnKind;
}

/**
 * What measures the association of two columns: |r| of two numbers (booleans are 0 and 1), Cramér’s V of two categories, the correlation
 * ratio η of a number by the categories of a text; of an integer by a text the stronger of both. V and η are corrected for their bias,
 * which keeps a column of ids, where each value is met once, from looking like a leak. Rows with a null are left out, and of numbers
 * those with NaN or an infinity. Undefined for other types, as times.
 */
export function associationKernel(feature: Compared, label: Compared): Kernel | undefined {
  const pair = [feature, label];
  const [columns, kinds] = [pair.map(({ column }) => column), pair.map(({ kind }) => kind)];
  const numbers = pair.filter(({ kind }) => NUMBERS.has(kind.domain));
  const text = pair.find(({ kind }) => kind.domain === 'text');
  if (numbers.length === 2) return new PairKernel(columns, kinds);
  if (text === undefined || (numbers.length === 0 && kinds.some(({ domain }) => domain !== 'text'))) return undefined;
  const number = numbers[0];
  if (number === undefined || number.kind.domain === 'boolean') return new JointCounts(columns, kinds, BUDGET_BYTES);
  const ratio = new GroupMoments(text, number, BUDGET_BYTES);
  // Integers are often codes, whose order and size tell nothing.
  if (familyOf(number.kind) !== 'integer') return ratio;
  return new ManyKernels(
    new Map<string, Kernel>([
      ['ratio', ratio],
      ['counts', new JointCounts(columns, kinds, BUDGET_BYTES)],
    ]),
  );
}

/** How strong the association is, from 0 to 1; NaN where it is not defined, as of a constant. */
export function associationOf(state: CheckState, feature: ColumnKind): number {
  switch (state.kind) {
    case 'pair':
      return Math.abs(pearson({ ...state, nans: 0 }));
    case 'counts':
      return cramersV(state, feature);
    case 'groups':
      return correlationRatio(state);
    case 'many':
      return Object.values(state.states)
        .map((inner) => associationOf(inner, feature))
        .reduce((most, value) => (value > most || Number.isNaN(most) ? value : most), NaN);
    default:
      return NaN;
  }
}
