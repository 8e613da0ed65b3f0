import { MillraceError, type ColumnGraph, type ColumnLineage } from '../../schemas/index.js';
import type { Reader } from './reader.js';

type Edge = ColumnGraph['edges'][number];

/**
 * Where columns come from, or what is made of them, from dataset to dataset, by the newest version of each, and for
 * datasets of other tools by the newest of their events that tells it.
 * @param options `column`: one column; all of the dataset without it
 * @throws NOT_FOUND if the dataset, or such a column of its newest version, is not on record
 */
export async function columnGraph(
  read: Reader,
  options: { dataset: string; column?: string | undefined; direction: ColumnGraph['direction'] },
): Promise<ColumnGraph> {
  const { dataset, column, direction } = options;
  const roots = (await columnsOf(read, dataset)).filter((name) => column === undefined || name === column);
  if (roots.length === 0) {
    const what = column === undefined ? 'no such dataset is on record' : `it has no column ${column}`;
    throw new MillraceError('NOT_FOUND', `${dataset}: ${what}`);
  }
  const all = await newestEdges(read);
  const near = (edge: Edge) => (direction === 'upstream' ? edge.to : edge.from);
  const far = (edge: Edge) => (direction === 'upstream' ? edge.from : edge.to);
  const byNear = new Map<string, Edge[]>();
  for (const edge of all) byNear.set(keyOf(near(edge)), [...(byNear.get(keyOf(near(edge))) ?? []), edge]);

  const waiting = roots.map((name) => ({ dataset, column: name }));
  const met = new Set(waiting.map(keyOf));
  const edges: Edge[] = [];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for (const edge of byNear.get(keyOf(at)) ?? []) {
      edges.push(edge);
      if (met.has(keyOf(far(edge)))) continue;
      met.add(keyOf(far(edge)));
      waiting.push(far(edge));
    }
  }
  const datasets = new Set([dataset, ...edges.flatMap(({ from, to }) => [from.dataset, to.dataset])]);
  const untold = (await newestUntold(read, [...datasets])).filter(
    (one) => one.column === null || met.has(keyOf({ dataset: one.dataset, column: one.column })),
  );
  return { direction, roots: roots.map((name) => ({ dataset, column: name })), edges, untold };
}

const keyOf = ({ dataset, column }: Edge['from']) => JSON.stringify([dataset, column]);

async function columnsOf(read: Reader, dataset: string): Promise<string[]> {
  const [row] = await read<{ columns: string }>(
    'SELECT columns FROM dataset_versions WHERE dataset = $1 ORDER BY sequence DESC LIMIT 1',
    [dataset],
  );
  if (row !== undefined) return (JSON.parse(row.columns) as { name: string }[]).map(({ name }) => name);
  const told = await read<{ name: string }>(
    `SELECT column_name AS name FROM column_sources WHERE dataset = $1 AND column_name IS NOT NULL
     UNION SELECT from_column FROM column_sources WHERE from_dataset = $1 ORDER BY name`,
    [dataset],
  );
  return told.map(({ name }) => name);
}

async function newestEdges(read: Reader): Promise<Edge[]> {
  const rows = await read<Record<'dataset' | 'column' | 'fromDataset' | 'fromColumn', string> & Pick<Edge, 'how'>>(
    `WITH own AS (SELECT dataset, max(sequence) AS sequence FROM dataset_versions GROUP BY dataset),
     told AS (
       SELECT dataset, max(sequence) AS sequence FROM column_sources ANTI JOIN own USING (dataset)
       WHERE version = '' GROUP BY dataset)
     SELECT DISTINCT dataset, column_name AS "column", from_dataset AS "fromDataset", from_column AS "fromColumn", how
     FROM column_sources SEMI JOIN (FROM own UNION ALL FROM told) USING (dataset, sequence)
     WHERE column_name IS NOT NULL ORDER BY dataset, column_name, from_dataset, from_column`,
  );
  return rows.map(({ dataset, column, fromDataset, fromColumn, how }) => ({
    from: { dataset: fromDataset, column: fromColumn },
    to: { dataset, column },
    how,
  }));
}

async function newestUntold(read: Reader, datasets: readonly string[]): Promise<ColumnGraph['untold']> {
  const rows = await read<{ dataset: string; untold: string }>(
    `SELECT v.dataset, e.payload->'$.columnLineage.untold' AS untold
     FROM (SELECT dataset, max(sequence) AS sequence FROM dataset_versions GROUP BY dataset) v JOIN events e USING (sequence)
     WHERE v.dataset IN (SELECT unnest($1)) AND (e.payload->'$.columnLineage.untold') IS NOT NULL ORDER BY v.dataset`,
    [datasets],
  );
  return rows.flatMap(({ dataset, untold }) =>
    (JSON.parse(untold) as ColumnLineage['untold']).map((one) => ({ dataset, ...one })),
  );
}
