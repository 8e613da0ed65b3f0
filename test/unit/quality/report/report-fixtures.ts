import type { Categories, ColumnProfile, DatasetProfile } from '../../../../engine/quality/profile';
import { momentsOf, sampleDistribution } from '../../../../engine/quality/drift';
import type { CheckResult, QualityReport } from '../../../../schemas/quality-report';

/** What somebody puts into data to take over a page, a terminal or an XML reader. */
export const HOSTILE = `<script>alert("x")</script>'&]]>\u001b[31m\u0000\u202e\ud800`;

/** A result of a check, with what matters to a test. */
export function resultOf(changes: Partial<CheckResult> = {}): CheckResult {
  return {
    name: 'between(delay)',
    type: 'between',
    column: 'delay',
    severity: 'error',
    status: 'pass',
    observed: 1,
    failing: 0,
    total: 3_000_000,
    threshold: '-1500 to 2000',
    examples: [],
    ...changes,
  };
}

/** A report on these checks. */
export function reportOf(checks: CheckResult[], changes: Partial<QualityReport> = {}): QualityReport {
  return { verdict: 'pass', rows: 3_000_000, durationMs: 150, checks, ...changes };
}

/** One check of each status. */
export const EVERY_STATUS = reportOf(
  [
    resultOf(),
    resultOf({ name: 'mild', status: 'warn', severity: 'warn', observed: 0.9999, failing: 300 }),
    resultOf({
      name: 'distance is positive',
      column: 'distance',
      status: 'fail',
      observed: 0.5,
      failing: 1_500_000,
      examples: [
        { row: 7, file: 'a.parquet', keys: { id: 'k7', origin: 'SFO' }, value: -3 },
        { row: 8, file: 'b.parquet', keys: { id: 'k8', origin: '' }, value: HOSTILE },
      ],
    }),
    resultOf({
      name: 'lost',
      column: 'gone',
      status: 'error',
      observed: null,
      total: 0,
      message: 'there is no column "gone"',
    }),
    resultOf({
      name: 'young',
      column: null,
      status: 'skip',
      observed: null,
      total: 0,
      message: 'there is no history yet',
    }),
  ],
  { verdict: 'error' },
);

/** Profile of a column of numbers. */
export function numericColumn(
  name: string,
  sample: readonly number[],
  changes: Partial<ColumnProfile> = {},
): ColumnProfile {
  const distribution = sampleDistribution(sample);
  const { mean, deviation } = momentsOf(distribution);
  const [min = 0, max = 0] = [distribution.values[0], distribution.values.at(-1)];
  const count = sample.length;
  return {
    name,
    type: 'Float64',
    domain: 'number',
    rows: count,
    nulls: 0,
    nans: 0,
    min,
    max,
    moments: { count, mean, m2: deviation ** 2 * count, min, max, sum: mean * count, infinite: 0 },
    distribution,
    categories: null,
    distinct: { exact: distribution.values.length, registers: '' },
    ...changes,
  };
}

/** Profile of a column of texts. */
export function textColumn(name: string, values: Categories['values'], other = 0): ColumnProfile {
  const rows = values.reduce((sum, [, count]) => sum + count, other);
  return {
    ...numericColumn(name, []),
    type: 'Utf8',
    domain: 'text',
    rows,
    min: String(values[0]?.[0] ?? ''),
    max: String(values.at(-1)?.[0] ?? ''),
    moments: null,
    distribution: null,
    categories: { values, other, error: 0, exact: other === 0 },
    distinct: { exact: values.length, registers: '' },
  };
}

/** A profile of these columns. */
export function profileOf(...columns: ColumnProfile[]): DatasetProfile {
  return { version: 1, rows: Math.max(0, ...columns.map(({ rows }) => rows)), columns };
}

const VOID = new Set(['meta', 'rect', 'line', 'path', 'br']);

/**
 * Reads a page as strictly as XML: each tag is closed in order, attributes are quoted and none is twice, ids are unique, and what
 * `aria-labelledby` names is there.
 * @returns all tags with their attributes, in order
 */
export function readPage(page: string): { tag: string; attributes: Record<string, string> }[] {
  const body = page.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/, '');
  const found: { tag: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const rest = body.replace(
    /<(\/?)([a-z][a-z0-9-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/g,
    (_, closing: string, tag: string, text: string, empty: string) => {
      if (closing === '/') {
        if (open.pop() !== tag) throw new Error(`</${tag}> closes nothing`);
        return '';
      }
      const pairs = [...text.matchAll(/([a-zA-Z][\w:-]*)="([^"]*)"/g)].map(
        ([, name, value]) => [name!, value!] as const,
      );
      if (new Set(pairs.map(([name]) => name)).size < pairs.length)
        throw new Error(`<${tag}${text}> repeats an attribute`);
      found.push({ tag, attributes: Object.fromEntries(pairs) });
      if (empty !== '/' && !VOID.has(tag)) open.push(tag);
      return '';
    },
  );
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  if (/[<>]/.test(rest)) throw new Error(`no tag: ${/.{0,40}[<>].{0,40}/s.exec(rest)?.[0]}`);
  const ids = found.flatMap(({ attributes }) => attributes.id ?? []);
  if (new Set(ids).size < ids.length) throw new Error('an id is there twice');
  for (const { attributes } of found) {
    for (const id of attributes['aria-labelledby']?.split(' ') ?? []) {
      if (!ids.includes(id)) throw new Error(`nothing has the id ${id}`);
    }
  }
  return found;
}
