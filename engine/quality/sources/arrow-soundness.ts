import { DataType, type Data } from 'apache-arrow';
import { columnKind } from '../arrow-kind.js';

/** Batches with more rows are refused: what is kept of each row, even of one without a value, would fill the memory. */
const MAX_BATCH_ROWS = 1 << 28;

/**
 * Looks whether the buffers of a column hold what its length and offsets promise. Arrow’s own reader takes the promises as they are,
 * and loops over a corrupted column would run past its end, or for hours.
 * @throws RangeError where they do not
 */
export function refuseBrokenColumn(data: Data): void {
  refuseTooLong(data.length);
  const { type, length, offset } = data;
  if (DataType.isNull(type)) return;
  if (!DataType.isUnion(type) && data.nullCount > 0) {
    demand(data.nullCount <= length && bytesOf(data.nullBitmap) * 8 >= offset + length);
  }
  if (DataType.isDictionary(type)) {
    refuseBrokenCodes(data as Data<typeof type>);
    for (const part of data.dictionary!.data) refuseBrokenColumn(part as Data);
    return;
  }
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) return refuseBrokenViews(data);
  if (data.valueOffsets !== undefined && !DataType.isUnion(type)) {
    const end = refuseBrokenOffsets(data.valueOffsets as ArrayLike<number | bigint>, length);
    demand(end <= (data.children.length > 0 ? data.children[0]!.length : bytesOf(data.values)));
  }
  const kind = columnKind(type);
  if (DataType.isBool(type)) demand(bytesOf(data.values) * 8 >= offset + length);
  else if (kind.layout === 'wide') demand(bytesOf(data.values) >= length * kind.stride * 4);
  else if (kind.layout === 'number') demand((data.values as ArrayLike<number>).length >= length);
  for (const child of data.children) refuseBrokenColumn(child);
}

/** @throws RangeError where a batch has more rows than can be read */
export function refuseTooLong(rows: number): void {
  if (rows > MAX_BATCH_ROWS) throw new RangeError(`a batch of ${rows} rows is too large`);
}

function refuseBrokenOffsets(offsets: ArrayLike<number | bigint>, length: number): number {
  if (length === 0) return 0;
  demand(offsets.length > length);
  let before = offsets[0]!;
  demand(before >= 0);
  for (let i = 1; i <= length; i++) {
    const next = offsets[i]!;
    if (next < before) demand(false);
    before = next;
  }
  return Number(before);
}

/** Codes of rows without a value may be anything. */
function refuseBrokenCodes({ values, length, offset, nullCount, nullBitmap, dictionary }: Data): void {
  const codes = values as ArrayLike<number | bigint>;
  const entries = dictionary!.length;
  demand(codes.length >= length);
  for (let i = 0; i < length; i++) {
    const code = codes[i]!;
    if (code >= 0 && code < entries) continue;
    const bit = i + offset;
    demand(nullCount > 0 && ((nullBitmap[bit >> 3]! >> (bit & 7)) & 1) === 0);
  }
}

/** A view is four words: the size, and for more than 12 bytes a prefix, the number of a buffer and the position in it. */
function refuseBrokenViews({ values, length, offset, nullCount, nullBitmap, variadicBuffers }: Data): void {
  const bytes = values as Uint8Array;
  demand(bytesOf(bytes) >= length * 16);
  const views = new DataView(bytes.buffer, bytes.byteOffset, length * 16);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const bit = i + offset;
    if (nullCount > 0 && ((nullBitmap[bit >> 3]! >> (bit & 7)) & 1) === 0) continue;
    const size = views.getInt32(i * 16, true);
    demand(size >= 0);
    total += size;
    if (size <= 12) continue;
    const from = views.getInt32(i * 16 + 12, true);
    demand(from >= 0 && from + size <= bytesOf(variadicBuffers[views.getInt32(i * 16 + 8, true)]));
  }
  // Many views may share bytes, but are laid one behind the other.
  if (total >= 2 ** 31) throw new RangeError('the texts of a batch have more than 2 GiB');
}

function bytesOf(buffer: unknown): number {
  return ArrayBuffer.isView(buffer) ? buffer.byteLength : 0;
}

function demand(holds: boolean): asserts holds {
  if (!holds) throw new RangeError('a column contradicts itself');
}
