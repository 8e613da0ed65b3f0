import { MillraceError, type DatasetVersionRef } from '../../schemas/index.js';
import { datasetFiles } from './dataset-version.js';
import { identifier, literal, type DuckDbSession } from './duckdb-session.js';
import type { ObjectStore } from './object-store.js';
import { resultPath } from './parquet-result.js';

/** Makes a view of each input, then closes the session to everything but the inputs’ files and its own result. */
export async function defineInputs(
  session: DuckDbSession,
  store: ObjectStore,
  inputs: Record<string, DatasetVersionRef[]>,
): Promise<void> {
  const allowed = [resultPath(session)];
  for (const [name, versions] of Object.entries(inputs)) {
    refuseUneven(name, versions);
    const files = (await Promise.all(versions.map((version) => datasetFiles(store, version)))).flat();
    allowed.push(...files);
    // The statement that defines a view takes no parameters.
    const list = files.map(literal).join(', ');
    await session.rows(
      `CREATE VIEW ${identifier(name)} AS SELECT * FROM read_parquet([${list}], hive_partitioning = false)`,
    );
  }
  await session.rows(`SET allowed_paths = [${[...new Set(allowed)].map(literal).join(', ')}]`);
  await session.rows('SET enable_external_access = false');
  await session.rows('SET lock_configuration = true');
}

function refuseUneven(name: string, versions: readonly DatasetVersionRef[]): void {
  const [first, ...others] = versions;
  if (first === undefined) throw new MillraceError('WINDOW_INCOMPLETE', `input ${name} has no dataset version`);
  const other = others.find(({ schemaFingerprint }) => schemaFingerprint !== first.schemaFingerprint);
  if (other === undefined) return;
  throw new MillraceError(
    'SOURCE_SCHEMA_MISMATCH',
    `input ${name}: the columns of ${other.dataset} ${other.partition} differ from those of ${first.dataset} ${first.partition}`,
    { problems: [{ path: `inputs.${name}`, message: 'its versions have different columns' }] },
  );
}
