import * as zlib from 'node:zlib';
import { lz4Block } from '../lz4.js';
import { snappy } from './snappy.js';

/** Decompresses a page; `size` is the length of the outcome as its header tells, and more is never written. */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** Decoders differ in whether they stop at the length that was told; what is said of the page does not. */
const OTHER_LENGTH = 'a page has another length than its header tells';

const ZSTD = 6;
const LZ4_RAW = 7;

/** Codecs by their number in the format: uncompressed, snappy, gzip, brotli, LZ4 without frames. Zstandard is loaded when it is needed. */
const CODECS: Record<number, Decompress> = {
  0: (bytes) => bytes,
  1: snappy,
  2: (bytes, size) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(1, size) }),
  [LZ4_RAW]: (bytes, size) => {
    const out = new Uint8Array(size);
    return out.subarray(0, lz4Block(bytes, 0, bytes.length, out, 0));
  },
  4: (bytes, size) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, size) }),
};

/** Whether pages of a codec can be read here. */
export function isKnownCodec(codec: number): boolean {
  return codec === ZSTD || codec in CODECS;
}

/**
 * Makes the decoder of a codec ready.
 * @throws RangeError for codecs that cannot be read here; its outcome throws one where a page has another length than told
 */
export async function loadCodec(codec: number): Promise<Decompress> {
  const decompress = codec === ZSTD ? await loadZstandard() : CODECS[codec];
  if (decompress === undefined) throw new RangeError(`there is no decoder for the codec ${codec}`);
  return (bytes, size) => {
    const result = bounded(decompress, bytes, size);
    if (result.length !== size) throw new RangeError(OTHER_LENGTH);
    // Of a Buffer `slice` is no copy, but a view of memory that it may share with others.
    return new Uint8Array(result.buffer, result.byteOffset, size);
  };
}

function bounded(decompress: Decompress, bytes: Uint8Array, size: number): Uint8Array {
  try {
    return decompress(bytes, size);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new RangeError(OTHER_LENGTH, { cause: error });
  }
}

/** Node’s own decoder where there is one (22.15 and later), else the one of Zstandard in WebAssembly. */
export async function loadZstandard(): Promise<Decompress> {
  return (zstandard ??= await initZstandard());
}

let zstandard: Decompress | undefined;

async function initZstandard(): Promise<Decompress> {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Uint8Array, options: object) => Uint8Array };
  if (zstdDecompressSync !== undefined) {
    return (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) });
  }
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await withoutFetch(() => decoder.init());
  return (bytes, size) => (size === 0 ? new Uint8Array(0) : decoder.decode(bytes, size));
}

/** The decoder takes its code from a `data:` address if there is a `fetch`, and Node loads its whole HTTP client for that. */
function withoutFetch<T>(work: () => T): T {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  if (descriptor?.configurable !== true) return work();
  Reflect.deleteProperty(globalThis, 'fetch');
  try {
    return work();
  } finally {
    Object.defineProperty(globalThis, 'fetch', descriptor);
  }
}
