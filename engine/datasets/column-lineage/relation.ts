import type { ColumnLineage } from '../../../schemas/index.js';

/** A node of DuckDB’s syntax tree, as `json_serialize_sql` gives it. */
export type Tree = Record<string, unknown>;

/** Column of an input that became part of a value. */
export type Source = ColumnLineage['columns'][string][number];
export type RowSource = ColumnLineage['rows'][number];

/** A column of a table, view or subquery. */
export interface Column {
  /** Empty for an expression that got no name and that nothing can refer to. */
  name: string;
  sources: readonly Source[];
  /** Why its sources cannot be told. */
  untold?: string;
}

/** What a FROM clause brings. */
export interface Relation {
  alias: string;
  /** Null: a table function whose columns only DuckDB knows; everything in it comes of `arguments`. */
  columns: readonly Column[] | null;
  arguments?: readonly Source[];
  /** Columns that USING has merged into those of an earlier relation, in lower case: `*` leaves them out. */
  merged: ReadonlySet<string>;
}

/** What names can stand for in a place of a query. */
export interface Scope {
  relations: readonly Relation[];
  /** Columns of the select list so far, which later expressions can refer to by name. */
  selected: readonly Column[];
  /** Parameters of lambdas, in lower case: values of no column. */
  lambdas: ReadonlySet<string>;
  /** The query around a subquery. */
  outer: Scope | null;
}

/** Thrown where the syntax tree does not tell where a value comes from. */
export class Untold extends Error {
  override readonly name = 'Untold';
}

const RANK = ['identity', 'transformation', 'aggregation'] as const;

/** Sources as seen through one more expression: what is most remote from the value itself prevails. */
export function through(how: Source['how'], sources: readonly Source[]): Source[] {
  return sources.map((source) => ({ ...source, how: stronger(how, source.how) }));
}

/** Each column once. */
export function distinctSources(sources: readonly Source[]): Source[] {
  const found = new Map<string, Source>();
  for (const source of sources) {
    const key = JSON.stringify([source.dataset, source.column]);
    const known = found.get(key);
    found.set(key, known === undefined ? source : { ...source, how: stronger(known.how, source.how) });
  }
  return [...found.values()];
}

function stronger(a: Source['how'], b: Source['how']): Source['how'] {
  return RANK.indexOf(a) > RANK.indexOf(b) ? a : b;
}

export const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/**
 * What a name stands for.
 * @param names parts of the name: a column, or a relation and its column, then fields of a struct
 * @throws Untold if nothing of the name is known
 */
export function resolveName(names: readonly string[], scope: Scope): Source[] {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const found = inScope(names, at);
    if (found !== undefined) return found;
  }
  throw new Untold(`${names.join('.')} is no column that is known here`);
}

function inScope(names: readonly string[], scope: Scope): Source[] | undefined {
  const [first = '', second, ...fields] = names;
  const relation = scope.relations.find(({ alias }) => sameName(alias, first));
  if (relation !== undefined && second !== undefined) {
    const found = columnIn(relation, second);
    if (found !== undefined) return fields.length === 0 ? found : through('transformation', found);
  }
  if (scope.lambdas.has(first.toLowerCase())) return [];
  const rest = (sources: Source[]) => (second === undefined ? sources : through('transformation', sources));
  const columns = scope.relations.flatMap((one) => {
    const found = one.columns === null ? undefined : columnIn(one, first);
    return found === undefined ? [] : [found];
  });
  if (columns.length > 0) return rest(distinctSources(columns.flat()));
  const selected = scope.selected.find(({ name }) => sameName(name, first));
  if (selected !== undefined) return rest(sourcesOf(selected));
  const [opaque, ...more] = scope.relations.filter((one) => one.columns === null);
  if (opaque !== undefined && more.length === 0) return through('transformation', opaque.arguments ?? []);
  // The relation itself, as one value.
  if (relation !== undefined) {
    return through('transformation', distinctSources((relation.columns ?? []).flatMap(sourcesOf)));
  }
  // A schema in front: main.flights.delay.
  return names.length > 2 ? inScope(names.slice(1), scope) : undefined;
}

function columnIn({ columns, arguments: from = [] }: Relation, name: string): Source[] | undefined {
  if (columns === null) return through('transformation', from);
  const column = columns.find((one) => sameName(one.name, name));
  return column && sourcesOf(column);
}

/** @throws Untold if the column’s sources cannot be told */
export function sourcesOf(column: Column): Source[] {
  if (column.untold !== undefined) throw new Untold(column.untold);
  return [...column.sources];
}
