import type { DuckDBConnection } from '@duckdb/node-api';
import { MillraceError } from '../../../schemas/index.js';
import { sha256 } from '../../digest.js';
import { sealEvents } from '../audit/chain.js';
import { inTransaction } from '../database.js';
import { rebuildProjections } from '../rebuild.js';
import type { Migration } from './migration.js';

/**
 * Brings a database to the newest schema, each migration in a transaction of its own.
 * @returns the version that is in force afterwards
 * @throws LINEAGE_DATABASE_UNUSABLE if an applied migration differs from the one given, or is unknown (a newer Millrace wrote the database)
 */
export async function migrate(connection: DuckDBConnection, migrations: readonly Migration[]): Promise<number> {
  await connection.run(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER NOT NULL, name VARCHAR NOT NULL, digest VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)',
  );
  const reader = await connection.runAndReadAll('SELECT version, name, digest FROM schema_migrations ORDER BY version');
  const applied = reader.getRowObjectsJS() as unknown as { version: number; name: string; digest: string }[];
  for (const { version, name, digest } of applied) {
    const known = migrations.find((migration) => migration.version === version);
    if (known === undefined) {
      const newest = migrations.at(-1)?.version ?? 0;
      throw unusable(`the database has migration ${version} (${name}), this Millrace knows up to ${newest}`);
    }
    if (sha256(known.sql) !== digest) {
      throw unusable(`migration ${version} (${name}) was applied with the digest ${digest}, which is not that of ours`);
    }
  }
  const pending = migrations.slice(applied.length);
  // Only the tables of the newest schema hold all that records mean, so they are filled once, at the end.
  const rebuilder = pending.findLast((migration) => migration.rebuild === true) && pending.at(-1);
  for (const migration of pending) {
    await inTransaction(connection, async () => {
      await connection.run(migration.sql);
      if (migration.seal === true) await sealEvents(connection);
      if (migration === rebuilder) await rebuildProjections(connection);
      await connection.run('INSERT INTO schema_migrations VALUES ($1, $2, $3, now()::TIMESTAMPTZ AT TIME ZONE $4)', [
        migration.version,
        migration.name,
        sha256(migration.sql),
        'UTC',
      ]);
    });
  }
  return migrations.at(-1)?.version ?? 0;
}

function unusable(message: string): MillraceError {
  return new MillraceError('LINEAGE_DATABASE_UNUSABLE', message);
}
