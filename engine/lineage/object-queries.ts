import type { RecordedObject } from '../../schemas/index.js';
import { cursorOf, parseNumberCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

/** Records whose reference is a manifest. */
const WITH_MANIFEST = ['dataset_version', 'model_trained', 'model_registered'];
const ADDRESS = 'store://[a-z][a-z0-9-]*/sha256/[0-9a-f]{2}/[0-9a-f]{64}';

/**
 * Every object that any record mentions, in pages of `limit` records. What a record mentions anywhere counts, so that
 * nothing on record is swept, whatever kinds of records there will be. Left out are manifests of dataset versions that
 * retention let go before `removedBefore`, each partition's version of that content.
 */
export async function recordedObjects(
  read: Reader,
  { limit, after, removedBefore }: { limit: number; after?: string | undefined; removedBefore?: string | undefined },
): Promise<{ objects: RecordedObject[]; next: string | null }> {
  const start = after === undefined ? 0 : parseNumberCursor(after);
  const rows = await read<{ sequence: number; manifest: string | null; mentioned: string }>(
    `SELECT sequence, CASE WHEN kind IN (SELECT unnest($3)) THEN payload->>'$.ref.uri' END AS manifest,
       to_json(list_distinct(regexp_extract_all(payload::VARCHAR, '${ADDRESS}')))::VARCHAR AS mentioned
     FROM events WHERE sequence > $1::BIGINT ORDER BY sequence LIMIT $2`,
    [start, limit, WITH_MANIFEST],
  );
  const objects = new Map<string, boolean>();
  for (const { manifest, mentioned } of rows) {
    for (const uri of JSON.parse(mentioned) as string[]) {
      objects.set(uri, (objects.get(uri) ?? false) || uri === manifest);
    }
  }
  const gone = await removedAmong(read, [...objects.keys()], removedBefore);
  for (const uri of gone) objects.delete(uri);
  const last = rows.at(-1);
  return {
    objects: [...objects].map(([uri, manifest]) => ({ uri, manifest })),
    next: rows.length < limit || last === undefined ? null : cursorOf([String(last.sequence)]),
  };
}

async function removedAmong(read: Reader, uris: readonly string[], before: string | undefined): Promise<string[]> {
  if (before === undefined || uris.length === 0) return [];
  const rows = await read<{ uri: string }>(
    `SELECT v.uri FROM (SELECT DISTINCT dataset, partition, version, uri FROM dataset_versions
                        WHERE uri IN (SELECT unnest($1))) v
     LEFT JOIN (FROM removed_versions WHERE removed_at < $2::TIMESTAMP) r USING (dataset, partition, version)
     GROUP BY v.uri HAVING count(r.uri) = count(*)`,
    [uris, new Date(before).toISOString().replace('Z', '')],
  );
  return rows.map(({ uri }) => uri);
}
