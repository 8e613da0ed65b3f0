import type { DuckDBExtractedStatements } from '@duckdb/node-api';

/**
 * What is wrong with a text that is to be one statement; undefined if nothing is. DuckDB makes two of a PIVOT without values: one that
 * looks for the values, which would be the columns of the result, and one that reads.
 */
export async function notOneStatement(statements: DuckDBExtractedStatements): Promise<string | undefined> {
  if (statements.count === 1) return undefined;
  const problem = `must be one statement and is ${statements.count}`;
  if (statements.count === 0) return problem;
  const isPivot = await statements.prepare(statements.count - 1).then(
    (prepared) => (prepared.destroySync(), false),
    (error: Error) => error.message.includes('__pivot_enum_'),
  );
  return isPivot ? 'must name the values of PIVOT, which become columns: PIVOT … ON column IN (value, …)' : problem;
}
