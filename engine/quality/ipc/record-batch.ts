import type { Decompress } from '../parquet/codecs.js';
import { TYPE, type IpcField } from './schema.js';
import type { FlatTable } from './flatbuffer.js';
import { bytesAt, type Message } from './messages.js';

/** Where the parts of a column lie in a batch. */
export interface ColumnPlace {
  field: IpcField;
  length: number;
  nullCount: number;
  /** Number of its first buffer. */
  buffer: number;
  /** Buffers of values, for views. */
  views: number;
  children: ColumnPlace[];
}

/** Batches with more rows are refused: what is kept of each row, even of one without a value, would fill the memory. */
const MAX_BATCH_ROWS = 1 << 28;

/** Buffers that unpack to more are refused. */
const MAX_UNPACKED_BYTES = 1 << 30;

/** Memory for the buffers of one batch after another, by their number: fresh pages cost as much as the reading. */
export class BatchMemory {
  private readonly buffers: ArrayBuffer[] = [];

  /** At least `length` bytes; what was in them for the batch before is lost. */
  of(buffer: number, length: number): ArrayBuffer {
    const known = this.buffers[buffer];
    if (known !== undefined && known.byteLength >= length) return known;
    return (this.buffers[buffer] = new ArrayBuffer(length));
  }
}

/** A batch of records whose buffers are read when they are asked for. */
export class RecordBatch {
  readonly rows: number;
  readonly columns: readonly ColumnPlace[];
  private readonly nodes: readonly [length: number, nullCount: number][];
  private readonly buffers: readonly [offset: number, length: number][];
  private readonly variadic: readonly number[];
  private node = 0;
  private buffer = 0;
  private variadicAt = 0;

  /**
   * @param decompress for buffers that are compressed
   * @param memory where the buffers are read to, when those of the batch before are not needed any more
   * @throws RangeError where the batch contradicts itself
   */
  constructor(
    private readonly descriptor: number,
    private readonly message: Message,
    header: FlatTable,
    fields: readonly IpcField[],
    private readonly decompress: Decompress | null,
    private readonly memory?: BatchMemory,
  ) {
    this.rows = header.long(0);
    if (this.rows > MAX_BATCH_ROWS) throw new RangeError(`a batch of ${this.rows} rows is too large`);
    this.nodes = header.pairs(1);
    this.buffers = header.pairs(2);
    this.variadic = header.longs(4);
    this.columns = fields.map((field) => this.place(field));
    for (const { length } of this.columns) {
      if (length !== this.rows) throw new RangeError('a column has another number of rows than its batch');
    }
  }

  /** The bytes of a buffer, at the start of memory that no other buffer of the batch has; `least` of them must be there. */
  bytes(buffer: number, least: number): Uint8Array<ArrayBuffer> {
    const [offset, length] = this.buffers[buffer] ?? [0, 0];
    if (offset + length > this.message.bodyLength) throw new RangeError('a buffer lies outside of its message');
    const bytes = length === 0 ? new Uint8Array(0) : this.unpacked(buffer, offset, length);
    // A buffer may be left out where there is nothing in it.
    if (bytes.length < least) throw new RangeError('a column is cut off');
    return bytes;
  }

  private unpacked(buffer: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
    const raw = bytesAt(this.descriptor, this.message.bodyAt + offset, length, this.memory?.of(buffer, length));
    if (this.decompress === null) return new Uint8Array(raw.buffer, 0, length);
    if (length < 8) throw new RangeError('a column is cut off');
    const size = Number(raw.readBigInt64LE(0));
    if (size === -1) return new Uint8Array(raw.buffer.slice(8, length));
    if (size < 0 || size > MAX_UNPACKED_BYTES) throw new RangeError('a buffer unpacks to too much');
    return new Uint8Array(this.decompress(raw.subarray(8), size));
  }

  private place(field: IpcField): ColumnPlace {
    const [length, nullCount] = this.nodes[this.node++] ?? [];
    if (length === undefined || nullCount === undefined || nullCount > length || length > MAX_BATCH_ROWS) {
      throw new RangeError('a column contradicts itself');
    }
    const place: ColumnPlace = { field, length, nullCount, buffer: this.buffer, views: 0, children: [] };
    if (field.dictionary !== null) {
      this.buffer += 2;
      return place;
    }
    const isView = field.type === TYPE.UTF8_VIEW || field.type === TYPE.BINARY_VIEW;
    if (isView) place.views = this.variadic[this.variadicAt++] ?? 0;
    this.buffer += this.buffersOf(field) + place.views;
    if (this.buffer > this.buffers.length) throw new RangeError('a column contradicts itself');
    place.children = field.children.map((child) => this.place(child));
    return place;
  }

  private buffersOf({ type, isDenseUnion }: IpcField): number {
    switch (type) {
      case TYPE.NULL:
      case TYPE.RUN_END_ENCODED:
        return 0;
      case TYPE.STRUCT:
      case TYPE.FIXED_LIST:
        return 1;
      case TYPE.UNION:
        // Until version 4 (number 3) unions had a validity of their own.
        return (isDenseUnion ? 2 : 1) + (this.message.version < 4 ? 1 : 0);
      case TYPE.UTF8:
      case TYPE.BINARY:
      case TYPE.LARGE_UTF8:
      case TYPE.LARGE_BINARY:
      case TYPE.LIST_VIEW:
      case TYPE.LARGE_LIST_VIEW:
        return 3;
      default:
        return 2;
    }
  }
}
