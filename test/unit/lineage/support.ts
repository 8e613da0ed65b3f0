import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLineageClient,
  openLineageStore,
  startLineageOwner,
  type LineageClient,
  type LineageStore,
} from '../../../engine/lineage/index.js';
import { isMillraceError } from '../../../schemas/index.js';

/** Runs with the path of a database that does not exist yet. */
export async function withDatabasePath<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lineage-'));
  try {
    return await work(join(folder, 'deep', 'lineage.duckdb'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function withStore<T>(work: (store: LineageStore) => Promise<T>): Promise<T> {
  return withDatabasePath(async (path) => {
    const store = await openLineageStore({ path });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  });
}

export async function withOwner<T>(work: (client: LineageClient, url: string) => Promise<T>): Promise<T> {
  return withDatabasePath(async (databasePath) => {
    const owner = await startLineageOwner({ databasePath });
    try {
      return await work(createLineageClient({ url: owner.url }), owner.url);
    } finally {
      await owner.close();
    }
  });
}

/** `CODE: message` of the MillraceError that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isMillraceError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}
