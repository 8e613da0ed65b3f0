import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { MillraceError, type DatasetVersionRef } from '../../schemas/index.js';
import type { DatasetDependencies } from './dataset-dependencies.js';
import { datasetFiles } from './dataset-version.js';
import { literal, withDuckDb } from './duckdb-session.js';

/** Formats by the ending of a file’s name. */
const FORMATS: Record<string, string> = {
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
  '.csv': 'FORMAT csv, HEADER true',
  '.json': 'FORMAT json, ARRAY true',
  '.ndjson': 'FORMAT json, ARRAY false',
};

/**
 * Writes the rows of a dataset version to one file, in their order; the ending of its name says in which format. The file
 * is there whole or not at all.
 * @throws MillraceError INPUT_INVALID for another ending, or a file that is there and may not be replaced,
 * OBJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 */
export async function exportVersion(
  {
    store,
    scratchDir,
    signal,
    onProgress,
  }: Pick<DatasetDependencies, 'store' | 'scratchDir' | 'signal' | 'onProgress'>,
  { ref, to, replace = false }: { ref: DatasetVersionRef; to: string; replace?: boolean },
): Promise<{ path: string; rows: number; bytes: number }> {
  const target = resolve(to);
  const format = FORMATS[extname(target).toLowerCase()];
  if (format === undefined) {
    throw invalid(`${to} has none of the endings ${Object.keys(FORMATS).join(', ')}`);
  }
  if (!replace && (await stat(target).catch(() => undefined)) !== undefined)
    throw invalid(`${target} is there already`);
  const files = await datasetFiles(store, ref);
  const temporary = join(dirname(target), `.${randomUUID()}${extname(target)}`);
  try {
    await mkdir(dirname(target), { recursive: true });
    const [only] = files;
    if (files.length === 1 && only !== undefined && extname(target).toLowerCase() === '.parquet') {
      await copyFile(only, temporary);
    } else {
      const onPercent = onProgress && ((percent: number) => onProgress(`exported ${percent} %`));
      await withDuckDb({ scratchDir, memoryLimit: '2GB', threads: 2, signal, onPercent }, (session) => {
        const list = files.map(literal).join(', ');
        const query = `SELECT * FROM read_parquet([${list}], hive_partitioning = false)`;
        return session.rows(`COPY (${query}) TO ${literal(temporary)} (${format})`);
      });
    }
    signal?.throwIfAborted();
    if (replace) await rename(temporary, target);
    else await link(temporary, target);
    return { path: target, rows: ref.rows, bytes: (await stat(target)).size };
  } catch (error) {
    if (error instanceof MillraceError || signal?.aborted) throw error;
    throw new MillraceError('STORE_UNAVAILABLE', `${target}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(temporary, { force: true });
  }
}

function invalid(message: string): MillraceError {
  return new MillraceError('INPUT_INVALID', message, { problems: [{ path: 'to', message }] });
}
