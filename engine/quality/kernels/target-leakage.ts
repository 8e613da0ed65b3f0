import { ByteSet, type ByteKeys } from '../byte-set.js';
import type { ColumnKind } from '../column-kind.js';
import { hasNull, KeyWriter, keyTypes } from '../key-writer.js';
import { Misfit } from '../literals.js';
import { overBudget } from '../merge-states.js';
import type { CheckState, CountsState, ManyState } from '../states.js';
import { pearson, PairKernel } from './correlation.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';

/** Memory for the pairs of values of one feature and the label. */
const BUDGET_BYTES = 64 << 20;

const NUMBERS = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean']);
const CATEGORIES = new Set<ColumnKind['domain']>(['text', 'boolean', 'number', 'integer']);

/** Rows of each pair of values of two columns. */
class JointCounts implements Kernel {
  private total = 0;
  private nulls = 0;
  private full = false;
  private readonly set = new ByteSet(BUDGET_BYTES);
  private readonly counts: number[] = [];
  private readonly key = new KeyWriter();

  constructor(
    private readonly columns: readonly string[],
    private readonly kinds: readonly ColumnKind[],
  ) {}

  update(batch: Batch): void {
    const chunks = this.columns.map((column) => batch.column(column));
    const strides = this.kinds.map(({ stride }) => stride);
    for (let row = 0; row < batch.rows && !this.full; row++) {
      if (hasNull(chunks, row)) {
        this.nulls++;
        continue;
      }
      this.key.write(chunks, strides, row);
      const index = this.set.add(this.key.bytes, 0, this.key.length);
      this.full = index < 0;
      if (index >= 0) this.counts[index] = (this.counts[index] ?? 0) + 1;
      this.total++;
    }
  }

  state(): CheckState {
    if (this.full) return overBudget(BUDGET_BYTES);
    const { total, nulls } = this;
    const counts = Float64Array.from(this.counts);
    return { kind: 'counts', total, nulls, types: keyTypes(this.kinds), keys: this.set.keys(), counts };
  }
}

class LeakageKernel implements Kernel {
  private readonly kernels: Map<string, Kernel>;

  constructor(label: string, labelKind: ColumnKind, features: readonly string[], kinds: readonly ColumnKind[]) {
    this.kernels = new Map<string, Kernel>(
      features.flatMap((feature, i): [string, Kernel][] => {
        const kind = kinds[i]!;
        if (NUMBERS.has(kind.domain) && NUMBERS.has(labelKind.domain)) {
          return [[feature, new PairKernel([feature, label], [kind, labelKind])]];
        }
        if (CATEGORIES.has(kind.domain) && CATEGORIES.has(labelKind.domain)) {
          return [[feature, new JointCounts([feature, label], [kind, labelKind])]];
        }
        return [];
      }),
    );
    if (this.kernels.size === 0) throw new Misfit(`no column can be compared with the label ${label}`);
  }

  update(batch: Batch): void {
    for (const kernel of this.kernels.values()) kernel.update(batch);
  }

  state(): CheckState {
    return {
      kind: 'many',
      states: Object.fromEntries([...this.kernels].map(([name, kernel]) => [name, kernel.state()])),
    };
  }
}

/**
 * |r| where feature and label are numbers (or booleans), else Cramér’s V with the correction of Bergsma (2013), which keeps a
 * column of ids, where each value is met once, from looking like a leak. Times are not compared.
 */
export const targetLeakage: CheckDefinition<CheckOf<'target_leakage'>> = {
  columns: (check) => [check.label, ...(check.columns ?? [])],
  reads: (check, fields) => [
    check.label,
    ...(check.columns ?? fields.map(({ name }) => name).filter((name) => name !== check.label)),
  ],
  problems: (check) => [
    ...limitsProblems(check),
    ...(check.columns?.includes(check.label)
      ? [{ path: 'columns', message: `must not hold the label ${check.label}` }]
      : []),
  ],
  start(check, kinds, { fields }) {
    const features = check.columns ?? fields.map(({ name }) => name).filter((name) => name !== check.label);
    return new LeakageKernel(check.label, kinds[0]!, features, kinds.slice(1));
  },
  threshold: (check) => `association with ${check.label} ${limitsWords(check)}`,
  judge(state, check, { fields }) {
    const kinds = new Map(fields.map(({ name, kind }) => [name, kind]));
    const measured = Object.entries((state as ManyState).states).map(([feature, inner]) => ({
      feature,
      value:
        inner.kind === 'pair'
          ? Math.abs(pearson(inner))
          : inner.kind === 'counts'
            ? cramersV(inner, kinds.get(feature)!)
            : NaN,
    }));
    // What is not defined, as of a constant column, tells nothing of the label.
    const known = measured.filter(({ value }) => !Number.isNaN(value)).sort((a, b) => b.value - a.value);
    const strongest = known[0]?.value ?? 0;
    const named = known.slice(0, 3).map(({ feature, value }) => `${feature} ${value.toFixed(3)}`);
    const failing = known.filter(({ value }) => !withinLimits(value, check).passed).length;
    return {
      ...withinLimits(strongest, check),
      observed: strongest,
      failing,
      total: measured.length,
      examples: [],
      message: named.join(', '),
    };
  },
};

/** From rows of each pair of values; NaN where one side has a single value. */
export function cramersV({ keys, counts, total }: CountsState, feature: ColumnKind): number {
  const [left, right] = [new Map<string, number>(), new Map<string, number>()];
  const pairs = Array.from(counts, (rows, i) => {
    const [a, b] = splitKey(keys, i, feature);
    left.set(a, (left.get(a) ?? 0) + rows);
    right.set(b, (right.get(b) ?? 0) + rows);
    return { a, b, rows };
  });
  if (left.size < 2 || right.size < 2 || total < 2) return NaN;
  const sum = pairs.reduce((all, { a, b, rows }) => all + (rows * rows) / (left.get(a)! * right.get(b)!), 0);
  const phi2 = Math.max(0, sum - 1 - ((left.size - 1) * (right.size - 1)) / (total - 1));
  const corrected = (size: number) => size - (size - 1) ** 2 / (total - 1);
  const least = Math.min(corrected(left.size), corrected(right.size)) - 1;
  return least <= 0 ? 0 : Math.min(1, Math.sqrt(phi2 / least));
}

/** The feature’s part of a key and the label’s: a text has its length before it, other values have one of their layout. */
function splitKey({ bytes, offsets }: ByteKeys, index: number, feature: ColumnKind): [string, string] {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + offsets[index]!, offsets[index + 1]! - offsets[index]!);
  const sizes = {
    text: () => 4 + key.readInt32LE(0),
    wide: () => feature.stride * 4,
    number: () => 8,
    opaque: () => 0,
  };
  const at = sizes[feature.layout]();
  return [key.toString('latin1', 0, at), key.toString('latin1', at)];
}
