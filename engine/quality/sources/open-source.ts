import { open } from 'node:fs/promises';
import { MillraceError } from '../../../schemas/errors.js';
import type { RowSource } from './row-source.js';

/** A form of file that is read as it is. */
export type ColumnarFormat = 'parquet' | 'arrow';

/** The form of a file by its first bytes; null for others, as text. An Arrow stream begins with its continuation mark. */
export function formatOf(head: Uint8Array): ColumnarFormat | null {
  const text = Buffer.from(head.subarray(0, 6)).toString('latin1');
  if (text.startsWith('PAR1') || text.startsWith('PARE')) return 'parquet';
  if (text === 'ARROW1' || text.startsWith('\xff\xff\xff\xff')) return 'arrow';
  return null;
}

/** The first bytes of a file. @param given what it is called in messages */
export async function headOf(path: string, given = path): Promise<Uint8Array> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new MillraceError('SOURCE_NOT_FOUND', `there is no file ${given}`, { cause: error })
      : new MillraceError('SOURCE_UNREADABLE', `${given} cannot be read: ${error.message}`, { cause: error });
  });
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new MillraceError('SOURCE_UNREADABLE', `${given} cannot be read: it is not a file`);
    if (info.size === 0)
      throw new MillraceError(
        'SOURCE_EMPTY',
        given === path ? `the file ${path} has no bytes` : `${given} has no bytes`,
      );
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What a source needs to know. */
export interface SourceOptions {
  /** Text columns whose distinct values are numbered. */
  indexTexts: ReadonlySet<string>;
  /** Whether only decoders are used that a corrupted file cannot end the thread with. */
  onlyOwnDecoders: boolean;
}

/** A file needs a decoder that a corrupted file can end the thread with, so it is for a thread that may end. */
export class NeedsThread extends Error {
  override readonly name = 'NeedsThread';
}

/**
 * Opens a file for the scan; the decoders are loaded when they are needed.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 * @throws NeedsThread where the file needs another decoder than those that were asked for
 */
export async function openSource(path: string, options: SourceOptions): Promise<RowSource> {
  const format = formatOf(await headOf(path));
  if (format !== 'arrow') return (await import('./parquet-source.js')).openParquetSource(path, options);
  return (await import('./ipc-source.js')).openIpc(path, options.indexTexts);
}
