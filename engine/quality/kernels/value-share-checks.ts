import type { ColumnKind } from '../column-kind.js';
import { DISTINCT_ERROR, HyperLogLog } from '../profile/hyperloglog.js';
import type { Json } from '../json.js';
import type { CheckState, CountsState } from '../states.js';
import type { CheckDefinition, CheckOf, Finding, ReferenceFindings, Failed, StartContext } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits, type Limits } from './limits.js';
import { SketchedDistinct } from './sketched-distinct.js';
import { ValueCounts, valueOfKey } from './value-counts.js';

const byValue = {
  indexTexts: true,
  columns: (check: { column: string }) => [check.column],
  problems: limitsProblems,
  share: (check: { column: string }) => `values ${check.column}`,
  start: (check: { column: string }, [kind]: readonly ColumnKind[], { keyShare }: StartContext) =>
    new ValueCounts(check.column, kind!, keyShare),
};

/** A measured number against limits. */
function finding(value: number, limits: Limits, total: number, message?: string): Finding {
  const observed = Number.isFinite(value) ? value : String(value);
  const base = { ...withinLimits(value, limits), observed, failing: 0, total, examples: [] };
  return message === undefined ? base : { ...base, message };
}

/** NaN is one value, whatever its bits; -0 is 0. Exact, unless `approximate` asks for a sketch. */
export const distinctCount: CheckDefinition<CheckOf<'distinct_count'>> = {
  ...byValue,
  share: (check) => `${check.approximate ? 'distinct' : 'values'} ${check.column}`,
  start: (check, kinds, context) =>
    check.approximate ? new SketchedDistinct(check.column, kinds[0]!) : byValue.start(check, kinds, context),
  threshold: (check) => `${limitsWords(check)} distinct values`,
  judge(state, check) {
    if (state.kind !== 'sketched_distinct') return finding(distinctOf(state), check, (state as CountsState).total);
    const { registers, total } = state;
    const error = `from a sketch with a standard error of ${(DISTINCT_ERROR * 100).toFixed(1)} %`;
    return finding(new HyperLogLog(registers).estimate(), check, total, error);
  },
};

/** 1 where all values differ; without values it is 1 too. */
export const uniqueRatio: CheckDefinition<CheckOf<'unique_ratio'>> = {
  ...byValue,
  threshold: (check) => `${limitsWords(check)} distinct values a value`,
  judge(state, check) {
    const { total } = state as CountsState;
    return finding(total === 0 ? 1 : distinctOf(state) / total, check, total);
  },
};

/** Without values it is NaN, which fails. */
export const mostCommonValueShare: CheckDefinition<CheckOf<'most_common_value_share'>> = {
  ...byValue,
  threshold: (check) => `share of the most common value ${limitsWords(check)}`,
  judge(state, check) {
    const { counts, total } = state as CountsState;
    return finding(counts.reduce((most, count) => Math.max(most, count), 0) / total, check, total);
  },
};

/** In bits: log2 of the number of values where all are equally frequent. Without values it is NaN, which fails. */
export const entropy: CheckDefinition<CheckOf<'entropy'>> = {
  ...byValue,
  threshold: (check) => `entropy ${limitsWords(check)}`,
  judge(state, check) {
    const { counts, total } = state as CountsState;
    const bits = counts.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
    return finding(total === 0 ? NaN : bits, check, total);
  },
};

/** A class of `set` without rows has the share 0. Without values it is NaN, which fails. */
export const labelBalance: CheckDefinition<CheckOf<'label_balance'>> = {
  ...byValue,
  threshold: (check) => `share of the rarest class ${limitsWords(check)}`,
  judge(state, check, { kinds }) {
    const { counts, total } = state as CountsState;
    const groups = groupsOf(state as CountsState, kinds[0]!);
    const classes = check.set?.map((value) => groups.get(textOf(value)) ?? 0) ?? [...counts];
    return finding(classes.reduce((least, rows) => Math.min(least, rows), total) / total, check, total);
  },
};

/** Groups are compared as text, so 1 and "1" are the same. Nulls are no group. */
export const groupEvolution: CheckDefinition<CheckOf<'group_evolution'>> = {
  ...byValue,
  problems: (check) =>
    (check.set === undefined) === (check.reference === undefined)
      ? [{ path: 'set', message: 'either set or reference must be given, and not both' }]
      : limitsProblems(check),
  comparison: (check) =>
    check.reference === undefined
      ? undefined
      : { reference: check.reference, check: { ...check, set: ['-'], reference: undefined } },
  threshold(check) {
    const counted = ['new', 'missing'].filter((change) => !check.allow.includes(change as 'new' | 'missing'));
    return `${limitsWords(check)} groups ${counted.join(' or ')}`;
  },
  judge(state, check, { kinds, findings }) {
    const expected = expectedGroups(check, findings);
    if ('failed' in expected) return expected;
    const groups = groupsOf(state as CountsState, kinds[0]!);
    const isNew = check.allow.includes('new') ? [] : [...groups.keys()].filter((name) => !expected.names.has(name));
    const missing = check.allow.includes('missing') ? [] : [...expected.names].filter((name) => !groups.has(name));
    const changed = isNew.length + missing.length;
    const words = [...isNew.map((name) => `new: ${name}`), ...missing.map((name) => `missing: ${name}`)].slice(0, 10);
    const { total } = state as CountsState;
    return finding(changed, check, total, changed === 0 ? undefined : words.join(', '));
  },
};

function expectedGroups(
  check: CheckOf<'group_evolution'>,
  findings: ReferenceFindings | undefined,
): { names: Set<string> } | Failed {
  if (check.set !== undefined) return { names: new Set(check.set.map(textOf)) };
  if (findings?.state?.kind !== 'counts') return { failed: findings?.failed ?? 'the reference was not read' };
  return { names: new Set(groupsOf(findings.state, findings.kinds![0]!).keys()) };
}

function groupsOf(state: CountsState, kind: ColumnKind): Map<string, number> {
  const groups = new Map<string, number>();
  state.counts.forEach((rows, i) => groups.set(textOf(valueOfKey(state.keys, i, kind)), rows));
  return groups;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function distinctOf(state: CheckState): number {
  return state.kind === 'spilled' ? state.distinct : (state as CountsState).keys.offsets.length - 1;
}
