import type { RetentionFacts } from '../../schemas/index.js';
import { versionRef, type VersionRow } from './dataset-queries.js';
import { compoundKey } from './compound-key.js';
import { covers, marksOn } from './mark-queries.js';
import { nodeId } from './node-ids.js';
import { cursorOf, parseCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

type Needs = RetentionFacts['needs'];

/**
 * Versions of a dataset that are there, by partition and version, with all that needs them. A model needs everything that
 * it came of, however far up. A run that has not ended may read every version that was in force at any time since it
 * began, because it froze its inputs then, and whatever it wrote itself.
 */
export async function retentionFacts(
  read: Reader,
  dataset: string,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<{ versions: RetentionFacts[]; next: string | null }> {
  const [partition = '', version = ''] = after === undefined ? [] : parseCursor(after, 2);
  const rows = await read<VersionRow & { used_at: string; published: boolean; newer: number; replaced: number | null }>(
    `WITH uses AS (
       SELECT partition, version, max(used_at) AS used_at, max(sequence) AS sequence FROM (
         SELECT partition, version, written_at AS used_at, sequence FROM dataset_versions WHERE dataset = $1
         UNION ALL SELECT partition, version, published_at, sequence FROM publications WHERE dataset = $1)
       GROUP BY ALL),
     reigns AS (
       SELECT partition, version, lead(sequence) OVER (PARTITION BY partition ORDER BY sequence) AS replaced
       FROM publications WHERE dataset = $1),
     heads AS (
       SELECT partition, version, bool_or(replaced IS NULL) AS published, max(replaced) AS replaced FROM reigns GROUP BY ALL),
     present AS (
       SELECT *, row_number() OVER (PARTITION BY partition ORDER BY sequence DESC) - 1 AS newer FROM uses
       ANTI JOIN (FROM removed_versions WHERE dataset = $1) USING (partition, version))
     SELECT v.*, p.used_at, p.newer, coalesce(h.published, false) AS published, h.replaced
     FROM (FROM first_versions WHERE dataset = $1) v
     JOIN present p USING (partition, version) LEFT JOIN heads h USING (partition, version)
     WHERE (partition, version) > ($2, $3) ORDER BY partition, version LIMIT $4`,
    [dataset, partition, version, limit],
  );
  const needs = await needsOf(read, dataset);
  const last = rows.at(-1);
  return {
    versions: rows.map((row) => ({
      ref: versionRef(row),
      usedAt: row.used_at,
      published: row.published,
      newer: row.newer,
      needs: needs(row),
    })),
    next: rows.length < limit || last === undefined ? null : cursorOf([last.partition, last.version]),
  };
}

/** What the records of removals are held against when they are committed, by `compoundKey` of the version. */
export type RemovalFacts = Map<string, { published: boolean; needs: string[] }>;

/** What needs the versions, whatever was found when their removal was decided. */
export async function removalFacts(
  read: Reader,
  refs: readonly { dataset: string; partition: string; version: string }[],
): Promise<RemovalFacts> {
  const facts: RemovalFacts = new Map();
  for (const dataset of new Set(refs.map((ref) => ref.dataset))) {
    const needs = await needsOf(read, dataset);
    const reigns = await read<{ partition: string; version: string; published: boolean; replaced: number | null }>(
      `SELECT partition, version, bool_or(replaced IS NULL) AS published, max(replaced) AS replaced FROM (
         SELECT partition, version, lead(sequence) OVER (PARTITION BY partition ORDER BY sequence) AS replaced
         FROM publications WHERE dataset = $1) GROUP BY ALL`,
      [dataset],
    );
    const heads = new Map(reigns.map((row) => [nodeId.dataset({ dataset, ...row }), row]));
    for (const { partition, version } of refs.filter((ref) => ref.dataset === dataset)) {
      const row = { dataset, partition, version };
      const { published = false, replaced = null } = heads.get(nodeId.dataset(row)) ?? {};
      const messages = needs({ ...row, published, replaced }).map(({ message }) => message);
      facts.set(compoundKey(dataset, partition, version), { published, needs: messages });
    }
  }
  return facts;
}

/** A version, and when it was read for its partition. */
interface Reign {
  dataset: string;
  partition: string;
  version: string;
  published: boolean;
  /** Event by which another took its place. */
  replaced: number | null;
}

async function needsOf(read: Reader, dataset: string): Promise<(row: Reign) => Needs> {
  const marks = (await marksOn(read, { dataset })).filter(({ mark }) => mark !== 'taint');
  const models = await modelNeeds(read, dataset);
  const [run] = await read<{ run_id: string; workflow_id: string; sequence: number }>(
    'SELECT run_id, workflow_id, sequence FROM runs WHERE verdict IS NULL ORDER BY sequence LIMIT 1',
  );
  const written = await read<{ partition: string; version: string; workflow_id: string }>(
    `SELECT DISTINCT v.partition, v.version, r.workflow_id FROM dataset_versions v
     JOIN runs r USING (run_id) WHERE v.dataset = $1 AND r.verdict IS NULL`,
    [dataset],
  );
  const writers = new Map(written.map((row) => [nodeId.dataset({ dataset, ...row }), row.workflow_id]));
  return (row) => {
    const id = nodeId.dataset(row);
    const writer = writers.get(id);
    const mayRead = run !== undefined && (row.published || (row.replaced !== null && row.replaced > run.sequence));
    return [
      ...marks
        .filter((mark) => covers(mark, row))
        .map(({ mark, on_name, actor, reason, until }) => ({
          need: mark as 'pin' | 'hold',
          message: `${mark} on ${on_name} by ${actor}${until === null ? '' : ` until ${until}`}: ${reason}`,
        })),
      ...(models.get(id) ?? []),
      ...(writer === undefined ? [] : [{ need: 'run' as const, message: `${writer} wrote it and has not ended` }]),
      ...(mayRead && writer === undefined
        ? [{ need: 'run' as const, message: `${run.workflow_id} has not ended and may read it` }]
        : []),
    ];
  };
}

/** By node, the models in service or under an alias that came of it. */
async function modelNeeds(read: Reader, dataset: string): Promise<Map<string, Needs>> {
  const rows = await read<{ node: string; need: 'live_model' | 'alias'; message: string }>(
    `WITH RECURSIVE served AS (
       SELECT endpoint, 'stable' AS arm, stable AS ref FROM endpoint_states WHERE stable IS NOT NULL
       UNION ALL SELECT endpoint, 'canary', canary FROM endpoint_states WHERE canary IS NOT NULL),
     roots AS (
       SELECT 'model:' || (ref->>'$.model') || '@' || (ref->>'$.digest') AS root, 'live_model' AS need,
         (ref->>'$.model') || ' v' || (ref->>'$.version') || ', ' || arm || ' of endpoint ' || endpoint || ', came of it' AS message
       FROM served
       UNION ALL
       SELECT 'model:' || model || '@' || digest, 'alias', model || ' v' || version || ', ' || alias || ', came of it'
       FROM aliases JOIN model_versions USING (model, version)),
     reached(root, node) AS (
       SELECT DISTINCT root, root FROM roots
       UNION SELECT root, from_node FROM reached JOIN edges ON to_node = node)
     SELECT DISTINCT node, need, message FROM reached JOIN roots USING (root)
     WHERE starts_with(node, 'dataset:' || $1 || '/') ORDER BY node, need DESC, message`,
    [dataset],
  );
  const needs = new Map<string, Needs>();
  for (const { node, need, message } of rows) needs.set(node, [...(needs.get(node) ?? []), { need, message }]);
  return needs;
}
