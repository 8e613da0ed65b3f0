import { emptyChunk, gather, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { ChunkBytes } from './chunk-bytes.js';
import type { Decompress } from './codecs.js';
import { joinChunks, sliceChunk } from './chunk-parts.js';
import { ENCODING, isDictionary, type ParquetChunk, type ParquetColumn } from './footer.js';
import { decodeHybrid, decodeValidity } from './levels.js';
import { readHeader, readPage, type PageHeader } from './pages.js';
import { decodePlain, decodeRunBooleans } from './values.js';

/** Pages whose headers are looked at to learn their encodings, at most. */
const MAX_HEADERS = 2000;

/**
 * Reads one column of one row group, page by page. Pages of codes keep their codes, and the dictionary is decoded once.
 * All methods throw RangeError where the pages are malformed.
 */
export class ColumnCursor {
  private readonly bytes: ChunkBytes;
  private readonly end: number;
  private at: number;
  private page: ColumnChunk = emptyChunk('opaque');
  private pageRow = 0;
  private entries: ColumnChunk | null = null;
  private headersOnlyCodes: boolean | undefined;

  constructor(
    file: number,
    private readonly column: ParquetColumn,
    private readonly kind: ColumnKind,
    private readonly chunk: ParquetChunk,
    private readonly decompress: Decompress,
  ) {
    this.at = chunk.start;
    this.end = chunk.start + chunk.bytes;
    this.bytes = new ChunkBytes(file, this.end);
  }

  /** The dictionary, where all values are in it; else undefined. */
  dictionary(): ColumnChunk | undefined {
    if (!this.chunk.hasDictionary || this.kind.domain === 'null') return undefined;
    const onlyCodes = this.chunk.onlyCodes ?? (this.headersOnlyCodes ??= this.lookAtHeaders());
    if (!onlyCodes) return undefined;
    if (this.entries === null && this.at === this.chunk.start) this.readDictionary();
    return this.entries ?? undefined;
  }

  /** Memory of the page and the dictionary at hand, in bytes. */
  get heldBytes(): number {
    return chunkBytes(this.page) + (this.entries === null ? 0 : chunkBytes(this.entries));
  }

  /** The next `count` rows. */
  read(count: number): ColumnChunk {
    if (count === 0) return emptyChunk(this.kind.layout);
    if (this.kind.domain === 'null') {
      return { ...emptyChunk('opaque'), length: count, nullCount: count, valid: new Uint8Array(count) };
    }
    const parts: ColumnChunk[] = [];
    for (let wanted = count; wanted > 0;) {
      this.fill();
      const take = Math.min(wanted, this.page.length - this.pageRow);
      parts.push(sliceChunk(this.page, this.pageRow, take, this.kind.stride));
      this.pageRow += take;
      wanted -= take;
    }
    return joinChunks(parts, this.kind);
  }

  /** Passes over rows; pages that lie in them wholly are not decoded. */
  skip(count: number): void {
    if (this.kind.domain === 'null') return;
    for (let wanted = count; wanted > 0;) {
      const inPage = this.page.length - this.pageRow;
      if (inPage === 0) {
        const header = this.nextData();
        if (header.values <= wanted) wanted -= header.values;
        else this.decode(header);
        continue;
      }
      const take = Math.min(wanted, inPage);
      this.pageRow += take;
      wanted -= take;
    }
  }

  /** Decodes the next page where the one before is used up. */
  private fill(): void {
    while (this.pageRow >= this.page.length) this.decode(this.nextData());
  }

  /** The header of the next page of data, which is passed. */
  private nextData(): PageHeader {
    for (;;) {
      if (this.at >= this.end)
        throw new RangeError(`there are fewer values in the column ${this.column.name} than rows`);
      const header = readHeader(this.bytes, this.at);
      if (header.kind === 'dictionary') {
        this.readDictionary();
        continue;
      }
      this.at = header.at + header.compressed;
      if (header.kind !== 'other' && header.values > 0) return header;
    }
  }

  private readDictionary(): void {
    const header = readHeader(this.bytes, this.at);
    if (header.kind !== 'dictionary') return;
    if (this.entries !== null) throw new RangeError('a column has several dictionaries');
    this.at = header.at + header.compressed;
    const page = readPage(this.bytes, header, this.decompress);
    this.entries = decodePlain(page, header.values, this.column, this.kind);
  }

  private lookAtHeaders(): boolean {
    let at = this.at;
    for (let pages = 0; at < this.end; pages++) {
      if (pages > MAX_HEADERS) return false;
      const header = readHeader(this.bytes, at, true);
      if ((header.kind === 'data' || header.kind === 'data2') && !isDictionary(header.encoding)) return false;
      at = header.at + header.compressed;
    }
    return true;
  }

  private decode(header: PageHeader): void {
    const page = readPage(this.bytes, header, this.decompress);
    const { valid, nulls, at } = this.levels(page, header);
    const there = header.values - nulls;
    const values = this.decodeValues(page.subarray(at), header, there);
    this.page = valid === null ? values : spread(values, valid, nulls, this.kind.stride);
    this.pageRow = 0;
  }

  /** Definition levels: which rows have a value. */
  private levels(page: Uint8Array, header: PageHeader): { valid: Uint8Array | null; nulls: number; at: number } {
    if (this.column.repetition === 'required') return { valid: null, nulls: 0, at: header.levelBytes };
    if (header.kind === 'data' && header.definitionEncoding !== ENCODING.RLE) {
      throw new RangeError('its levels are encoded in a way that is not read');
    }
    const from = header.kind === 'data' ? 4 : 0;
    const length =
      from === 4 ? new DataView(page.buffer, page.byteOffset, page.length).getUint32(0, true) : header.levelBytes;
    const end = from + length;
    if (end > page.length) throw new RangeError('a page is cut off');
    return { ...decodeValidity(page, from, end, header.values), at: end };
  }

  private decodeValues(page: Uint8Array, header: PageHeader, count: number): ColumnChunk {
    if (!isDictionary(header.encoding)) {
      if (header.encoding === ENCODING.RLE && this.column.physical === 'BOOLEAN') return decodeRunBooleans(page, count);
      if (header.encoding !== ENCODING.PLAIN) throw new RangeError('a page is encoded in a way that is not read');
      return decodePlain(page, count, this.column, this.kind);
    }
    const { entries } = this;
    if (entries === null) throw new RangeError('a page has codes, but there is no dictionary');
    if (count === 0) return { ...emptyChunk('codes'), entries };
    const { values, greatest } = decodeHybrid(page, 1, page.length, page[0] ?? 99, count);
    if (greatest >= entries.length) throw new RangeError('a page has a code that its dictionary lacks');
    return { ...emptyChunk('codes'), length: count, codes: values, entries };
  }
}

function chunkBytes({ valid, numbers, words, bytes, offsets, codes }: ColumnChunk): number {
  return [valid, numbers, words, bytes, offsets, codes].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}

/** Puts values that lie one behind the other into their rows; rows without one get any. */
function spread(values: ColumnChunk, valid: Uint8Array, nulls: number, stride: number): ColumnChunk {
  const rows = new Int32Array(valid.length);
  let next = 0;
  for (let i = 0; i < valid.length; i++) {
    rows[i] = Math.min(next, Math.max(0, values.length - 1));
    next += valid[i]!;
  }
  const chunk = values.length === 0 ? blank(values, valid.length, stride) : gather(values, rows, stride);
  return { ...chunk, valid, nullCount: nulls };
}

/** Rows without any value. */
function blank(values: ColumnChunk, length: number, stride: number): ColumnChunk {
  return {
    ...values,
    length,
    numbers: new Float64Array(length),
    words: new Int32Array(length * stride),
    offsets: new Int32Array(length + 1),
    codes: new Int32Array(length),
  };
}
