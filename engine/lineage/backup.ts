import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMillraceError, MillraceError } from '../../schemas/index.js';
import { openDatabase } from './database.js';
import { openLineageStore } from './lineage-store.js';

/** What a restored database has. */
export interface Restored {
  records: number;
  /** Where the database that was there before is now; null if there was none. */
  previous: string | null;
}

/**
 * Puts a backup in the place of a database that nobody has open. The backup is copied, opened, brought to the newest schema
 * and read before anything is replaced; what was there is kept beside it, also if it is damaged.
 * @throws LINEAGE_LOCKED if an owner has the database open
 * @throws LINEAGE_DATABASE_UNUSABLE if the backup is not a lineage database that this Millrace reads
 * @throws NOT_FOUND if there is no such file
 */
export async function restoreBackup(options: { from: string; databasePath: string }): Promise<Restored> {
  const from = resolve(options.from);
  const database = resolve(options.databasePath);
  if (!existsSync(from)) throw new MillraceError('NOT_FOUND', `there is no file ${from}`);
  await mkdir(dirname(database), { recursive: true });
  const fresh = join(dirname(database), `.${basename(database)}.restore-${randomUUID()}`);
  try {
    await copyFile(from, fresh, constants.COPYFILE_EXCL);
    const store = await openLineageStore({ path: fresh });
    const [count] = await store.read<{ records: number }>('SELECT count(*) AS records FROM events');
    await store.close();
    const previous = await setAside(database);
    await rename(fresh, database);
    return { records: count?.records ?? 0, previous };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    // What was opened is a copy; the file that was named is what somebody can look at.
    throw new MillraceError(error.code, error.message.replaceAll(fresh, from), { cause: error });
  } finally {
    await rm(fresh, { force: true });
    await rm(`${fresh}.wal`, { force: true });
  }
}

async function setAside(database: string): Promise<string | null> {
  const previous = `${database}.before-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  const isThere = (await stat(database).catch(() => undefined)) !== undefined;
  // Opening it shows that nobody else has it; the checkpoint empties its log, which would otherwise be taken for the new one's.
  if (!isThere || !(await emptyLog(database))) await moveLog(database, previous);
  if (!isThere) return null;
  // Both names for a moment: a kill must not leave a path without a database, which an owner would make anew.
  await link(database, previous).catch(() => rename(database, previous));
  return previous;
}

/**
 * @returns false if the database is damaged: then its log stays, and is kept with it
 * @throws LINEAGE_LOCKED
 */
async function emptyLog(database: string): Promise<boolean> {
  try {
    const held = await openDatabase(database);
    try {
      await (await held.connect()).run('CHECKPOINT');
    } finally {
      held.close();
    }
    return true;
  } catch (error) {
    if (isMillraceError(error) && error.code === 'LINEAGE_LOCKED') throw error;
    return false;
  }
}

async function moveLog(database: string, previous: string): Promise<void> {
  await rename(`${database}.wal`, `${previous}.wal`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
