import {
  MillraceError,
  type AliasDetails,
  type AliasMove,
  type DatasetVersionRef,
  type ModelDetails,
  type ModelSummary,
  type ModelVersionRef,
} from '../../schemas/index.js';
import { markInForce, marksOn } from './mark-queries.js';
import type { Reader } from './reader.js';

interface VersionRow {
  model: string;
  version: number;
  digest: string;
  uri: string;
  bytes: number;
  run_id: string;
  registered_at: string;
  seed: number | null;
  metrics: string | null;
  trained_on: string | null;
  profiles: string | null;
}

/** Versions with the training that made them first: a training that is repeated gives the same digest. */
const VERSIONS = `
  SELECT v.*, t.seed, t.metrics, t.trained_on, e.payload->>'$.profiles' AS profiles FROM model_versions v LEFT JOIN (
    SELECT * FROM trainings QUALIFY row_number() OVER (PARTITION BY model, digest ORDER BY sequence) = 1) t
  USING (model, digest) LEFT JOIN events e ON e.sequence = t.sequence`;

/** All models by name. */
export async function listModels(read: Reader): Promise<ModelSummary[]> {
  const newest = await read<VersionRow & { versions: number }>(
    `SELECT *, count(*) OVER (PARTITION BY model) AS versions FROM model_versions
     QUALIFY row_number() OVER (PARTITION BY model ORDER BY version DESC) = 1 ORDER BY model`,
  );
  const aliases = await read<{ model: string; alias: string; version: number }>('SELECT * FROM aliases ORDER BY alias');
  return newest.map((row) => ({
    model: row.model,
    versions: row.versions,
    newest: versionRef(row),
    registeredAt: row.registered_at,
    aliases: Object.fromEntries(
      aliases.filter(({ model }) => model === row.model).map(({ alias, version }) => [alias, version]),
    ),
  }));
}

/** @throws NOT_FOUND if the model has no registered version */
export async function modelDetails(read: Reader, model: string): Promise<ModelDetails> {
  const versions = await read<VersionRow>(`${VERSIONS} WHERE model = $1 ORDER BY version DESC`, [model]);
  if (versions.length === 0) throw new MillraceError('NOT_FOUND', `no version of the model ${model} is registered`);
  const aliases = await read<{ alias: string; version: number }>(
    'SELECT alias, version FROM aliases WHERE model = $1 ORDER BY alias',
    [model],
  );
  const marks = await marksOn(read, { model });
  return {
    model,
    aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
    versions: versions.map((row) => ({
      ...versionRef(row),
      registeredAt: row.registered_at,
      runId: row.run_id,
      seed: row.seed,
      metrics: JSON.parse(row.metrics ?? '{}') as Record<string, number>,
      trainedOn: trainedOn(row),
      marks: marks.filter(({ version }) => version === row.digest).map(markInForce),
      profiles: row.profiles,
    })),
  };
}

/** @throws NOT_FOUND if the alias stands for nothing */
export async function aliasDetails(read: Reader, model: string, alias: string): Promise<AliasDetails> {
  const [row] = await read<VersionRow>(
    `${VERSIONS} WHERE model = $1 AND version = (SELECT version FROM aliases WHERE model = $1 AND alias = $2)`,
    [model, alias],
  );
  if (row === undefined) throw new MillraceError('NOT_FOUND', `the model ${model} has no alias ${alias}`);
  return { model, alias, ref: versionRef(row), trainedOn: trainedOn(row), profiles: row.profiles };
}

/** Every move of an alias, newest first; none for an alias that never was. */
export async function aliasHistory(read: Reader, model: string, alias: string): Promise<AliasMove[]> {
  const rows = await read<{
    from_version: number | null;
    to_version: number | null;
    actor: string;
    reason: string;
    run_id: string;
    moved_at: string;
  }>('SELECT * FROM alias_moves WHERE model = $1 AND alias = $2 ORDER BY sequence DESC', [model, alias]);
  return rows.map((row) => ({
    model,
    alias,
    from: row.from_version,
    to: row.to_version,
    actor: row.actor,
    reason: row.reason,
    runId: row.run_id,
    at: row.moved_at,
  }));
}

function versionRef({ model, digest, uri, bytes, version }: VersionRow): ModelVersionRef {
  return { model, digest, uri, bytes, version };
}

function trainedOn(row: VersionRow): DatasetVersionRef[] {
  return JSON.parse(row.trained_on ?? '[]') as DatasetVersionRef[];
}
