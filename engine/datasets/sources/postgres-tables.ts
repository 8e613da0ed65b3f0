import type { Client } from 'pg';
import type { SourceDataset } from '../../../schemas/index.js';

interface PlanNode {
  'Relation Name'?: string;
  Schema?: string;
  Plans?: PlanNode[];
}

/**
 * The tables that are read, as OpenLineage names datasets: the one that the source names, or those of its query’s plan, a
 * partition as the table that it is of. None where the server does not tell.
 * @param relation what stands behind FROM
 */
export async function postgresTables(
  client: Client,
  table: string | undefined,
  relation: string,
): Promise<SourceDataset[]> {
  // What fails here must not end the transaction: the rows count, and who reads them is asked next.
  await client.query('SAVEPOINT tables');
  try {
    const names = table === undefined ? await plannedTables(client, relation) : [quoted(table.split('.'))];
    const { rows } = await client.query<{ schema: string; name: string }>(
      `SELECT DISTINCT n.nspname AS schema, c.relname AS name
       FROM (SELECT to_regclass(text) AS id FROM unnest($1::text[]) AS named(text)) AS r
         JOIN pg_class c ON c.oid = coalesce(pg_partition_root(r.id), r.id)
         JOIN pg_namespace n ON n.oid = c.relnamespace
       ORDER BY 1, 2`,
      [names],
    );
    return rows.map(({ schema, name }) => ({
      namespace: `postgres://${client.host}:${client.port}`,
      name: `${client.database ?? ''}.${schema}.${name}`,
    }));
  } catch {
    await client.query('ROLLBACK TO SAVEPOINT tables');
    return [];
  }
}

async function plannedTables(client: Client, relation: string): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM ${relation}`,
  );
  const names = new Set<string>();
  const waiting = (rows[0]?.['QUERY PLAN'] ?? []).map(({ Plan }) => Plan);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const { Schema: schema, 'Relation Name': name, Plans: below = [] } = node;
    if (schema !== undefined && name !== undefined) names.add(quoted([schema, name]));
    waiting.push(...below);
  }
  return [...names];
}

const quoted = (parts: readonly string[]) => parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
