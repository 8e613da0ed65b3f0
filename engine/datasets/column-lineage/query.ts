import { expressionSources, list, text, type Walk } from './expression.js';
import { emptyScope, relationsOf, type Tables } from './from-clause.js';
import {
  distinctSources,
  sameName,
  sourcesOf,
  Untold,
  type Column,
  type Relation,
  type RowSource,
  type Scope,
  type Source,
  type Tree,
} from './relation.js';

/** Columns of a query’s result with their sources, and what decided on its rows. */
export interface QueryColumns {
  columns: Column[];
  rows: RowSource[];
}

/**
 * Where the columns of a query come from.
 * @param node the tree of the query
 * @param tables inputs by name in lower case
 * @throws Untold where the tree does not even tell which columns there are
 */
export function queryColumns(node: Tree, tables: Tables, aggregates: ReadonlySet<string>): QueryColumns {
  const rows = new Map<string, RowSource>();
  const walkOf = (known: Tables): Walk => ({
    aggregates,
    decided: (how, sources) => {
      for (const { dataset, column } of sources) rows.set(`${how}\n${dataset}\n${column}`, { dataset, column, how });
    },
    query: (inner, outer) => columnsOf(inner, known, outer, walkOf),
  });
  const columns = columnsOf(node, tables, null, walkOf);
  return { columns, rows: [...rows.values()] };
}

type WalkOf = (tables: Tables) => Walk;

function columnsOf(node: Tree, outside: Tables, outer: Scope | null, walkOf: WalkOf): Column[] {
  const tables = withDefinitions(node, outside, outer, walkOf);
  switch (node['type']) {
    case 'SELECT_NODE':
      return selectColumns(node, tables, outer, walkOf(tables));
    case 'SET_OPERATION_NODE':
      return combined(node, tables, outer, walkOf);
    default:
      throw new Untold(
        text(node['type'])
          .replace(/_NODE$/, '')
          .replaceAll('_', ' ')
          .toLowerCase(),
      );
  }
}

/** Tables that WITH defines; one that cannot be told is only missed where it is used. */
function withDefinitions(node: Tree, outside: Tables, outer: Scope | null, walkOf: WalkOf): Tables {
  const tables = new Map(outside);
  const { map } = (node['cte_map'] as { map?: { key: string; value: Tree }[] } | undefined) ?? {};
  for (const { key, value } of map ?? []) {
    const { node: query } = value['query'] as { node: Tree };
    const names = (value['aliases'] as string[] | undefined) ?? [];
    try {
      const columns = columnsOf(query, tables, outer, walkOf);
      tables.set(
        key.toLowerCase(),
        columns.map((column, index) => ({ ...column, name: names[index] ?? column.name })),
      );
    } catch (error) {
      if (!(error instanceof Untold)) throw error;
      tables.delete(key.toLowerCase());
    }
  }
  return tables;
}

function combined(node: Tree, tables: Tables, outer: Scope | null, walkOf: WalkOf): Column[] {
  const left = columnsOf(node['left'] as Tree, tables, outer, walkOf);
  const right = columnsOf(node['right'] as Tree, tables, outer, walkOf);
  const kind = text(node['setop_type']);
  if (kind === 'EXCEPT' || kind === 'INTERSECT') {
    walkOf(tables).decided(
      'filter',
      right.flatMap(({ sources }) => sources),
    );
    return left;
  }
  if (kind === 'UNION_BY_NAME') {
    const added = right.filter(({ name }) => !left.some((column) => sameName(column.name, name)));
    return [
      ...left.map((column) =>
        merged(
          column,
          right.find(({ name }) => sameName(name, column.name)),
        ),
      ),
      ...added,
    ];
  }
  return left.map((column, index) => merged(column, right[index]));
}

function merged(column: Column, other: Column | undefined): Column {
  const untold = column.untold ?? other?.untold;
  const sources = distinctSources([...column.sources, ...(other?.sources ?? [])]);
  return { name: column.name, sources, ...(untold !== undefined && { untold }) };
}

function selectColumns(node: Tree, tables: Tables, outer: Scope | null, walk: Walk): Column[] {
  const relations = relationsOf(node['from_table'] as Tree, tables, outer, walk);
  let scope: Scope = { ...emptyScope(), relations, outer };
  const columns: Column[] = [];
  for (const item of list(node['select_list'])) {
    if (item['class'] === 'STAR') columns.push(...starColumns(item, relations, scope, walk));
    else columns.push(selected(item, scope, walk));
    scope = { ...scope, selected: columns };
  }
  const decide = (how: RowSource['how'], ...parts: unknown[]) => {
    for (const part of parts) walk.decided(how, positionOr(part as Tree, columns, scope, walk));
  };
  decide('filter', node['where_clause'], node['having'], node['qualify']);
  decide('group_by', ...list(node['group_expressions']));
  if (node['aggregate_handling'] === 'FORCE_AGGREGATES') {
    const groups = columns.flatMap(({ sources }) => sources).filter(({ how }) => how !== 'aggregation');
    walk.decided('group_by', groups);
  }
  for (const modifier of list(node['modifiers'])) {
    decide('group_by', ...list(modifier['distinct_on_targets']));
    decide('sort', ...list(modifier['orders']).map(({ expression }) => expression));
  }
  return columns;
}

/** Sources of an expression of GROUP BY or ORDER BY, where a number names a column and ALL names all of them. */
function positionOr(part: Tree | null | undefined, columns: readonly Column[], scope: Scope, walk: Walk): Source[] {
  if (part?.['class'] === 'STAR') return [];
  const position = part?.['class'] === 'CONSTANT' ? (part['value'] as { value?: unknown } | undefined)?.value : null;
  const column = typeof position === 'number' ? columns[position - 1] : undefined;
  return column === undefined ? expressionSources(part, scope, walk) : [...column.sources];
}

function selected(item: Tree, scope: Scope, walk: Walk): Column {
  const names = item['column_names'] as string[] | undefined;
  const name = text(item['alias']) || (item['class'] === 'COLUMN_REF' ? (names?.at(-1) ?? '') : '');
  return toldColumn(name, () => expressionSources(item, scope, walk));
}

function toldColumn(name: string, sources: () => Source[]): Column {
  try {
    return { name, sources: sources() };
  } catch (error) {
    if (!(error instanceof Untold)) throw error;
    return { name, sources: [], untold: error.message };
  }
}

/** `*` and `t.*` with EXCLUDE, REPLACE and RENAME. */
function starColumns(star: Tree, relations: readonly Relation[], scope: Scope, walk: Walk): Column[] {
  if (star['expr']) throw new Untold('COLUMNS(…) stands for columns that only DuckDB knows');
  const of = text(star['relation_name']);
  const excluded = [
    ...((star['exclude_list'] as string[] | undefined) ?? []).map((column) => ({ table: '', column })),
    ...((star['qualified_exclude_list'] as { table?: string; column: string }[] | undefined) ?? []),
  ];
  const replaced = list(star['replace_list']) as { key: string; value: Tree }[] & Tree[];
  const renames = list(star['rename_list']) as { key: { column: string }; value: string }[] & Tree[];
  const wanted = relations.filter(({ alias }) => of === '' || sameName(alias, of));
  return wanted.flatMap(({ alias, columns, merged: hidden }) => {
    if (columns === null) throw new Untold(`only DuckDB knows the columns of ${alias}`);
    return columns
      .filter(({ name }) => of !== '' || !hidden.has(name.toLowerCase()))
      .filter(
        ({ name }) => !excluded.some((one) => sameName(one.column, name) && (!one.table || sameName(one.table, alias))),
      )
      .map((column) => {
        const replacement = replaced.find(({ key }) => sameName(key, column.name));
        const name = renames.find(({ key }) => sameName(key.column, column.name))?.value ?? column.name;
        if (replacement !== undefined) {
          return toldColumn(name, () => expressionSources(replacement.value, scope, walk));
        }
        return toldColumn(name, () => mergedSources(column, hidden, of, wanted));
      });
  });
}

/** A column that USING has merged is made of those of both sides. */
function mergedSources(
  column: Column,
  hidden: ReadonlySet<string>,
  of: string,
  relations: readonly Relation[],
): Source[] {
  const name = column.name.toLowerCase();
  if (of !== '' || hidden.has(name)) return sourcesOf(column);
  const others = relations.filter((one) => one.merged.has(name)).flatMap((one) => one.columns ?? []);
  const same = others.filter((other) => sameName(other.name, name));
  return distinctSources([column, ...same].flatMap(sourcesOf));
}
