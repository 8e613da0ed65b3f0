import { expressionSources, list, text, type Walk } from './expression.js';
import {
  distinctSources,
  sameName,
  through,
  Untold,
  type Column,
  type Relation,
  type Scope,
  type Tree,
} from './relation.js';

/** Tables that a query can name, by name in lower case: the inputs, and what WITH defines. */
export type Tables = ReadonlyMap<string, readonly Column[]>;

const NONE: ReadonlySet<string> = new Set();

/**
 * The relations that a FROM clause brings, from left to right.
 * @throws Untold for what the tree does not tell
 */
export function relationsOf(
  from: Tree | null | undefined,
  tables: Tables,
  outer: Scope | null,
  walk: Walk,
): Relation[] {
  if (from === null || from === undefined) return [];
  const alias = text(from['alias']);
  switch (from['type']) {
    case 'EMPTY':
      return [];
    case 'BASE_TABLE': {
      const name = text(from['table_name']);
      const columns = tables.get(name.toLowerCase());
      if (columns === undefined) throw new Untold(`${name} is no input`);
      return [{ alias: alias || name, columns: renamed(columns, from), merged: NONE }];
    }
    case 'SUBQUERY': {
      const { node } = from['subquery'] as { node: Tree };
      const columns = walk.query(node, outer ?? emptyScope());
      return [{ alias, columns: renamed(columns, from), merged: NONE }];
    }
    case 'JOIN':
      return joined(from, tables, outer, walk);
    case 'EXPRESSION_LIST': {
      const rows = (from['values'] as Tree[][] | undefined) ?? [];
      const columns = (rows[0] ?? []).map((_, index) => ({
        name: `col${index}`,
        sources: distinctSources(rows.flatMap((row) => expressionSources(row[index], outer ?? emptyScope(), walk))),
      }));
      return [{ alias, columns: renamed(columns, from), merged: NONE }];
    }
    case 'TABLE_FUNCTION': {
      const call = from['function'] as Tree;
      const read = list(call['children']).flatMap((part) => expressionSources(part, outer ?? emptyScope(), walk));
      const sources = through('transformation', distinctSources(read));
      const names = (from['column_name_alias'] as string[] | undefined) ?? [];
      const name = alias || text(call['function_name']);
      const columns = names.map((column): Column => ({ name: column, sources }));
      return [{ alias: name, columns: names.length > 0 ? columns : null, arguments: sources, merged: NONE }];
    }
    default:
      throw new Untold(`${text(from['type']).replaceAll('_', ' ')} in FROM`);
  }
}

function joined(from: Tree, tables: Tables, outer: Scope | null, walk: Walk): Relation[] {
  const left = relationsOf(from['left'] as Tree, tables, outer, walk);
  // What is on the right may refer to what is on the left of it (LATERAL).
  const lateral = { ...emptyScope(), relations: left, outer };
  const right = relationsOf(from['right'] as Tree, tables, lateral, walk);
  const semi = ['SEMI', 'ANTI'].includes(text(from['join_type']));
  const scope = { ...lateral, relations: [...left, ...right] };
  const decide = semi ? ('filter' as const) : ('join' as const);
  if (from['condition']) walk.decided(decide, expressionSources(from['condition'] as Tree, scope, walk));
  const using = from['ref_type'] === 'NATURAL' ? commonNames(left, right) : ((from['using_columns'] as string[]) ?? []);
  for (const name of using) {
    const column: Tree = { class: 'COLUMN_REF', column_names: [name] };
    walk.decided(decide, expressionSources(column, scope, walk));
  }
  if (semi) return left;
  const merged = new Set(using.map((name) => name.toLowerCase()));
  return [...left, ...right.map((one) => ({ ...one, merged: new Set([...one.merged, ...merged]) }))];
}

function commonNames(left: readonly Relation[], right: readonly Relation[]): string[] {
  const names = (relations: readonly Relation[]) =>
    relations.flatMap(({ columns }) => {
      if (columns === null) throw new Untold('NATURAL JOIN of a table function');
      return columns.map(({ name }) => name);
    });
  const others = names(right);
  return names(left).filter((name) => others.some((other) => sameName(name, other)));
}

/** `AS t(a, b)`: the first columns get new names. */
function renamed(columns: readonly Column[], from: Tree): Column[] {
  const names = (from['column_name_alias'] as string[] | undefined) ?? [];
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

export function emptyScope(): Scope {
  return { relations: [], selected: [], lambdas: new Set(), outer: null };
}
