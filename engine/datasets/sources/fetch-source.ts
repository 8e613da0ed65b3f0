import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceName, type Source } from '../../../schemas/index.js';
import { refuseCutOff } from '../../unpackable.js';
import { sourceFiles } from '../source-files.js';
import { arrowToParquet } from '../../arrow-ipc/arrow-to-parquet.js';
import { commandOutput } from './command-source.js';
import { linkByCompression } from './compression.js';
import { downloadHttp } from './http-source.js';
import type { FileFormat } from '../file-format.js';
import { escapeGlob, unescapeGlob, type FetchContext, type LocalSource } from './local-source.js';
import { copyPostgres } from './postgres-source.js';
import { refuseDeepJson } from './refuse-deep-json.js';
import { refuseHtml } from './refuse-html.js';
import { downloadS3 } from './s3-source.js';
import { fileDatasets, httpDataset } from './source-datasets.js';

/**
 * Brings a source to this machine, as a stream, so that memory stays bounded whatever its size: nothing for local files,
 * a download, a COPY, or the output of a program.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE, SOURCE_UNAVAILABLE, SOURCE_DENIED,
 * SECRET_NOT_FOUND, COMMAND_FAILED, COMMAND_TEMPORARY, STORE_UNAVAILABLE when there is no place to write
 */
export async function fetchSource(source: Source, context: FetchContext): Promise<LocalSource> {
  await mkdir(context.folder, { recursive: true });
  const name = sourceName(source);
  if (source.kind === 'postgres') return { name, ...(await copyPostgres(source, context)) };
  const { files, datasets } = await filesOf(source, context);
  const written = source.kind === 'command' ? source.format : source.kind;
  for (const path of files.map(unescapeGlob)) {
    await refuseCutOff(path, context.signal);
    await refuseHtml(path, files.length === 1 ? name : path);
  }
  if (written === 'json') await refuseDeepJson(context.session, files, context.signal);
  if (written !== 'arrow') return { name, datasets, format: formatOf(written, source), files, ordered: true };
  const parquet = (await arrowToParquet(files.map(unescapeGlob), context)).map(escapeGlob);
  return { name, datasets, format: { kind: 'parquet' }, files: parquet, ordered: true };
}

type FetchedFiles = Pick<LocalSource, 'files' | 'datasets'>;

async function filesOf(source: Exclude<Source, { kind: 'postgres' }>, context: FetchContext): Promise<FetchedFiles> {
  if (source.kind === 'command') return { files: [escapeGlob(await commandOutput(source, context))], datasets: [] };
  const { path } = source;
  if (/^https?:\/\//i.test(path)) {
    return { files: [escapeGlob(await downloadHttp(source, context))], datasets: httpDataset(path) };
  }
  if (/^s3:\/\//i.test(path)) {
    const { files, datasets } = await downloadS3(source, context);
    return { files: files.map(escapeGlob), datasets };
  }
  const found = (await sourceFiles(context.session, context.projectDir, path)).map(unescapeGlob);
  const datasets = fileDatasets(context.projectDir, path, found);
  if (source.kind !== 'csv' && source.kind !== 'json') return { files: found.map(escapeGlob), datasets };
  const files: string[] = [];
  for (const [index, file] of found.entries()) {
    files.push(escapeGlob(await linkByCompression(file, join(context.folder, String(index)))));
  }
  return { files, datasets };
}

function formatOf(written: FileFormat['kind'], source: Source): FileFormat {
  if (written !== 'csv' || !('delimiter' in source)) return { kind: written as 'parquet' | 'json' };
  return { kind: 'csv', delimiter: source.delimiter, nullText: source.nullText };
}
