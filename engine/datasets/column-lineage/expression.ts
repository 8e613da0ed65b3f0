import {
  distinctSources,
  resolveName,
  through,
  Untold,
  type Column,
  type RowSource,
  type Scope,
  type Source,
  type Tree,
} from './relation.js';

/** What the walk through a query is given. */
export interface Walk {
  /** Names of DuckDB’s aggregate functions. */
  aggregates: ReadonlySet<string>;
  /** Takes what decided on rows or values without becoming part of them. */
  decided(how: RowSource['how'], sources: readonly Source[]): void;
  /** Columns of a query within the query. */
  query(node: Tree, outer: Scope): Column[];
}

export const list = (value: unknown): Tree[] => (Array.isArray(value) ? (value as Tree[]) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The columns that become part of an expression’s value.
 * @throws Untold where the tree does not tell
 */
export function expressionSources(tree: Tree | null | undefined, scope: Scope, walk: Walk): Source[] {
  if (tree === null || tree === undefined) return [];
  const of = (part: unknown) => expressionSources(part as Tree, scope, walk);
  const ofAll = (parts: unknown) => distinctSources(list(parts).flatMap(of));
  switch (tree['class']) {
    case 'COLUMN_REF':
      return resolveName(tree['column_names'] as string[], scope);
    case 'CONSTANT':
    case 'PARAMETER':
    case 'DEFAULT':
      return [];
    case 'FUNCTION': {
      const name = text(tree['function_name']).toLowerCase();
      const orders = tree['order_bys'] as Tree | undefined;
      if (tree['filter']) walk.decided('conditional', of(tree['filter']));
      walk.decided('sort', distinctSources(list(orders?.['orders']).flatMap(({ expression }) => of(expression))));
      return through(walk.aggregates.has(name) ? 'aggregation' : 'transformation', ofAll(tree['children']));
    }
    case 'WINDOW': {
      walk.decided('window', ofAll(tree['partitions']));
      const orders = [...list(tree['orders']), ...list(tree['arg_orders'])];
      walk.decided('window', distinctSources(orders.flatMap(({ expression }) => of(expression))));
      walk.decided('window', distinctSources([...of(tree['start_expr']), ...of(tree['end_expr'])]));
      if (tree['filter_expr']) walk.decided('conditional', of(tree['filter_expr']));
      const values = [...list(tree['children']), tree['offset_expr'], tree['default_expr']];
      return through('aggregation', distinctSources(values.flatMap(of)));
    }
    case 'CASE': {
      const cases = list(tree['case_checks']);
      walk.decided('conditional', distinctSources(cases.flatMap(({ when_expr: when }) => of(when))));
      const values = [...cases.map(({ then_expr: then }) => then), tree['else_expr']];
      return through('transformation', distinctSources(values.flatMap(of)));
    }
    case 'SUBQUERY': {
      const { node } = tree['subquery'] as { node: Tree };
      const columns = walk.query(node, scope);
      const own = tree['subquery_type'] === 'EXISTS' ? [] : columns.flatMap(({ sources }) => sources);
      const untold = columns.find((column) => column.untold !== undefined)?.untold;
      if (untold !== undefined) throw new Untold(untold);
      return through('transformation', distinctSources([...own, ...of(tree['child'])]));
    }
    case 'LAMBDA': {
      const lambdas = new Set([...scope.lambdas, ...parameterNames(tree['lhs'] as Tree)]);
      return through('transformation', expressionSources(tree['expr'] as Tree, { ...scope, lambdas }, walk));
    }
    case 'STAR':
      throw new Untold('COLUMNS(…) stands for columns that only DuckDB knows');
    case 'POSITIONAL_REFERENCE':
      throw new Untold('a column is named by its position');
    default:
      // Operators, comparisons, conjunctions, casts, BETWEEN and COLLATE: all of their parts.
      return through('transformation', distinctSources(parts(tree).flatMap(of)));
  }
}

/** Expressions directly within another. */
function parts(tree: Tree): Tree[] {
  return Object.values(tree)
    .flatMap((member) => (Array.isArray(member) ? (member as unknown[]) : [member]))
    .filter((member): member is Tree => typeof member === 'object' && member !== null && 'class' in member);
}

/** `x`, or `x, y` as a row. */
function parameterNames(lhs: Tree): string[] {
  if (lhs['class'] === 'COLUMN_REF') return [(lhs['column_names'] as string[])[0]?.toLowerCase() ?? ''];
  return list(lhs['children']).flatMap(parameterNames);
}
