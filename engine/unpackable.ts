import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MillraceError } from '../schemas/errors.js';
import { compressionOf, ZSTANDARD_FRAME } from './compression.js';

/**
 * Refuses a file of gzip or Zstandard that is cut off, or, of gzip, does not have its checksum: DuckDB reads what is there and
 * calls it the whole. One that is neither, by its first bytes, is left alone. Nothing is written, and memory stays bounded.
 * @throws MillraceError SOURCE_UNREADABLE
 * @throws the signal’s reason, once aborted
 */
export async function refuseCutOff(path: string, signal?: AbortSignal): Promise<void> {
  const file = await open(path);
  try {
    const magic = await bytesAt(file, 0, 4);
    const compression = compressionOf(magic);
    if (compression === 'gzip') await unpackGzip(path, signal);
    else if (compression === 'zstandard') await walkFrames(file, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = (error as Error).message;
    throw new MillraceError('SOURCE_UNREADABLE', `${path} cannot be unpacked: ${reason}`, { cause: error });
  } finally {
    await file.close();
  }
}

function unpackGzip(path: string, signal: AbortSignal | undefined): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return pipeline(createReadStream(path), createGunzip(), nowhere, { signal });
}

/** Lengths of the fields of a frame’s header, by the bits that choose them (RFC 8878, 3.1.1.1). */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE_BLOCK = 1;

/** Goes from block to block to the end, which a cut-off file does not have; what is in a block is left to who unpacks it. */
async function walkFrames(file: FileHandle, signal: AbortSignal | undefined): Promise<void> {
  const { size } = await file.stat();
  for (let at = 0; at < size;) {
    const magic = await wholeAt(file, at, 4);
    if (compressionOf(magic) !== 'zstandard') throw new Error(`no frame of Zstandard begins at byte ${at}`);
    if (magic.readUInt32LE() === ZSTANDARD_FRAME) at = await endOfFrame(file, at + 4, signal);
    else at += 8 + (await wholeAt(file, at + 4, 4)).readUInt32LE();
    if (at > size) throw new Error('unexpected end of file');
  }
}

async function endOfFrame(file: FileHandle, start: number, signal: AbortSignal | undefined): Promise<number> {
  const descriptor = (await wholeAt(file, start, 1)).readUInt8();
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSize = CONTENT_SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3];
  let at = start + 1 + (isSingleSegment ? contentSize || 1 : contentSize + 1);
  at += DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  for (let isLast = false; !isLast;) {
    signal?.throwIfAborted();
    const header = (await wholeAt(file, at, 3)).readUIntLE(0, 3);
    isLast = (header & 1) === 1;
    at += 3 + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4); // its checksum
}

async function wholeAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = await bytesAt(file, at, length);
  if (bytes.length < length) throw new Error('unexpected end of file');
  return bytes;
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
