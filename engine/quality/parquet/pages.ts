import { ChunkBytes } from './chunk-bytes.js';
import { crc32 } from './crc32.js';
import type { Decompress } from './codecs.js';
import { struct, whole, type ParquetChunk } from './footer.js';
import { readStruct } from './thrift.js';

/** The header of a page, and where its bytes are. */
export interface PageHeader {
  kind: 'data' | 'data2' | 'dictionary' | 'other';
  /** Values, nulls included. */
  values: number;
  encoding: number;
  definitionEncoding: number;
  /** Bytes of the definition levels of a page of version 2, which are not compressed. */
  levelBytes: number;
  isCompressed: boolean;
  at: number;
  compressed: number;
  uncompressed: number;
  /** CRC32 of the bytes of the page as they are in the file; undefined where the writer left it out. */
  checksum: number | undefined;
}

/**
 * Larger pages are refused, so that a few bytes cannot ask for all of the memory. Writers aim at 1 MB a page; some look at its size
 * every 1024 values only, and some put a row group of up to 64 Mi rows with one and the same value into a page.
 */
const MAX_PAGE_BYTES = 512 << 20;
const MAX_PAGE_VALUES = 64 << 20;

/** Headers are a few dozen bytes; statistics with long texts make them longer. */
const HEADER_BYTES = [256, 64 << 10, 4 << 20];

/**
 * The header at a position of a chunk.
 * @param isLookAhead whether the page itself is not read after it
 * @throws RangeError where there is none
 */
export function readHeader(bytes: ChunkBytes, at: number, isLookAhead = false): PageHeader {
  for (const size of HEADER_BYTES) {
    const window = isLookAhead ? bytes.peek(at, size) : bytes.upTo(at, size);
    try {
      return headerOf(window, at);
    } catch (error) {
      if (size === HEADER_BYTES.at(-1) || window.length < size) throw error;
    }
  }
  throw new RangeError('a page has no header');
}

function headerOf(window: Uint8Array, at: number): PageHeader {
  const header = anyHeaderOf(window, at);
  const { uncompressed, compressed, values, levelBytes } = header;
  if (uncompressed > MAX_PAGE_BYTES || compressed > MAX_PAGE_BYTES || values > MAX_PAGE_VALUES)
    throw new RangeError('a page is too large');
  if (levelBytes > compressed || levelBytes > uncompressed) throw new RangeError('a page is malformed');
  return header;
}

function anyHeaderOf(window: Uint8Array, at: number): PageHeader {
  const { value, end } = readStruct(window, 0);
  const header: PageHeader = {
    kind: 'other',
    values: 0,
    encoding: 0,
    definitionEncoding: 3,
    levelBytes: 0,
    isCompressed: true,
    at: at + end,
    compressed: whole(value[3]),
    uncompressed: whole(value[2]),
    checksum: typeof value[4] === 'number' ? value[4] : undefined,
  };
  switch (value[1]) {
    case 0: {
      const data = struct(value[5]);
      const [values, encoding, definitionEncoding] = [whole(data[1]), whole(data[2]), whole(data[3])];
      return { ...header, kind: 'data', values, encoding, definitionEncoding };
    }
    case 2: {
      const dictionary = struct(value[7]);
      return { ...header, kind: 'dictionary', values: whole(dictionary[1]), encoding: whole(dictionary[2]) };
    }
    case 3: {
      const data = struct(value[8]);
      const levelBytes = whole(data[5]) + whole(data[6]);
      const isCompressed = data[7] !== false;
      return { ...header, kind: 'data2', values: whole(data[1]), encoding: whole(data[4]), levelBytes, isCompressed };
    }
    default:
      return header;
  }
}

/** The bytes of a page as they are in the file, held against its checksum. */
function rawPage(bytes: ChunkBytes, header: PageHeader): Uint8Array {
  const raw = bytes.exactly(header.at, header.compressed);
  if (header.checksum !== undefined && (crc32(raw) | 0) !== (header.checksum | 0)) {
    throw new RangeError('a page does not have the checksum that its header tells');
  }
  return raw;
}

/**
 * Holds the pages of a chunk against their checksums, for a decoder that does not. A chunk whose first page has none is not read.
 * @throws RangeError where one is wrong
 */
export function verifyChecksums(file: number, { start, bytes }: ParquetChunk): void {
  const chunk = new ChunkBytes(file, start + bytes);
  for (let at = start; at < start + bytes;) {
    const header = readHeader(chunk, at);
    if (at === start && header.checksum === undefined) return;
    rawPage(chunk, header);
    at = header.at + header.compressed;
  }
}

/**
 * The bytes of a page, decompressed; the levels of a page of version 2 come first.
 * @throws RangeError where they contradict the header or its checksum
 */
export function readPage(bytes: ChunkBytes, header: PageHeader, decompress: Decompress): Uint8Array {
  const raw = rawPage(bytes, header);
  if (header.kind !== 'data2') return decompress(raw, header.uncompressed);
  const { levelBytes } = header;
  const values = raw.subarray(levelBytes);
  const size = header.uncompressed - levelBytes;
  const plain = header.isCompressed && size > 0 ? decompress(values, size) : values;
  const whole = new Uint8Array(levelBytes + plain.length);
  whole.set(raw.subarray(0, levelBytes));
  whole.set(plain, levelBytes);
  return whole;
}
