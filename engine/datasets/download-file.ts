import { open, type FileHandle } from 'node:fs/promises';

/**
 * Opens a file to write on from a byte, which becomes its end; what lay behind it is gone. Pieces of a download are counted when
 * `appendFile` has written them: what a stream has only taken over would be a hole in the file if the connection broke.
 */
export async function openFrom(path: string, from: number): Promise<FileHandle> {
  const file = await open(path, 'a');
  try {
    await file.truncate(from);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether it is the disk that a download failed for, and not its source: asking the source again does not help. */
export function isOfDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EACCES', 'EROFS', 'ENOENT', 'EIO'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
