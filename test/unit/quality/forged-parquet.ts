/** A value of Thrift’s compact protocol with the number of its type there: 5 and 6 whole numbers, 8 bytes, 9 a list, 12 a struct. */
type Thrift =
  | { type: 5 | 6; value: bigint | number }
  | { type: 8; value: Uint8Array | string }
  | { type: 9; of: number; value: readonly Thrift[] }
  | { type: 12; value: Fields };
type Fields = Readonly<Record<number, Thrift>>;

const int = (value: bigint | number): Thrift => ({ type: 6, value });
const text = (value: string): Thrift => ({ type: 8, value });
const list = (of: number, value: readonly Thrift[]): Thrift => ({ type: 9, of, value });
const struct = (value: Fields): Thrift => ({ type: 12, value });

export const PHYSICAL = { BOOLEAN: 0, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
export const CODEC = { none: 0, snappy: 1, gzip: 2, zstd: 6 } as const;
const PLAIN = 0;
export const RLE_DICTIONARY = 8;

/** A page whose header may lie. */
export interface ForgedPage {
  body: Uint8Array;
  values: number;
  /** What the header tells. @default the length of the body */
  uncompressed?: number;
  isDictionary?: boolean;
  encoding?: number;
  /** CRC32 that the header tells; by default none. */
  checksum?: number;
}

/** A required column of one row group, whose metadata may lie. */
export interface ForgedColumn {
  name: string;
  physical: number;
  codec?: number;
  pages: readonly ForgedPage[];
  /** Bytes of the chunk as the footer tells. @default those of the pages */
  chunkBytes?: bigint;
}

/** A Parquet file of one row group in which each number can be a lie, as no writer would make it. */
export function forgedParquet(rows: bigint | number, columns: readonly ForgedColumn[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('PAR1')];
  let at = 4;
  const chunks = columns.map((column) => {
    const start = at;
    for (const page of column.pages) {
      const header = pageHeader(page);
      parts.push(header, page.body);
      at += header.length + page.body.length;
    }
    const meta = struct({
      1: int(column.physical),
      2: list(5, [int(PLAIN), int(RLE_DICTIONARY)]),
      3: list(8, [text(column.name)]),
      4: int(column.codec ?? CODEC.none),
      5: int(rows),
      6: int(at - start),
      7: int(column.chunkBytes ?? at - start),
      9: int(start),
    });
    return struct({ 2: int(start), 3: meta });
  });
  const elements = columns.map(({ name, physical }) => struct({ 1: int(physical), 3: int(0), 4: text(name) }));
  const group = struct({ 1: list(12, chunks), 2: int(at), 3: int(rows) });
  const footer = thrift(
    struct({
      1: int(1),
      2: list(12, [struct({ 4: text('schema'), 5: int(columns.length) }), ...elements]),
      3: int(rows),
      4: list(12, [group]),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}

/** The body of a page of codes that are all 0, in a few bytes, however many they are. */
export function zeroCodes(values: number): Uint8Array {
  return Uint8Array.from([1, ...varint(BigInt(values) * 2n), 0]);
}

/** A frame of Zstandard (RFC 8878) that unpacks to zeros: 128 KiB for each 4 bytes. */
export function zstandardBomb(bytes: number): Uint8Array {
  const blocks = Math.ceil(bytes / (128 << 10));
  const frame = Buffer.alloc(6 + blocks * 4);
  frame.writeUInt32LE(0xfd2fb528);
  // No size, no checksum; a window of 128 MiB at most, as decoders allow.
  frame[5] = 13 << 3;
  for (let i = 0; i < blocks; i++) frame.writeUIntLE(((128 << 10) << 3) | (1 << 1) | +(i === blocks - 1), 6 + i * 4, 3);
  return frame;
}

/** A block of Snappy that unpacks to zeros: 64 bytes for each 3. */
export function snappyBomb(bytes: number): Uint8Array {
  const copies = Math.floor((bytes - 1) / 64);
  const head = [...varint(BigInt(1 + copies * 64)), 0, 0];
  const block = Buffer.alloc(head.length + copies * 3);
  block.set(head);
  for (let i = 0; i < copies; i++) block.set([(63 << 2) | 2, 1, 0], head.length + i * 3);
  return block;
}

function pageHeader(page: ForgedPage): Buffer {
  const { body, values, uncompressed, isDictionary = false, encoding = PLAIN, checksum } = page;
  const told: Fields = checksum === undefined ? {} : { 4: int(checksum) };
  const sizes: Fields = { 2: int(uncompressed ?? body.length), 3: int(body.length), ...told };
  return isDictionary
    ? thrift(struct({ 1: int(2), ...sizes, 7: struct({ 1: int(values), 2: int(encoding) }) }))
    : thrift(struct({ 1: int(0), ...sizes, 5: struct({ 1: int(values), 2: int(encoding), 3: int(3), 4: int(3) }) }));
}

function thrift(value: Thrift): Buffer {
  switch (value.type) {
    case 5:
    case 6:
      return Buffer.from(varint(zigzag(BigInt(value.value))));
    case 8: {
      const bytes = Buffer.from(value.value as string);
      return Buffer.concat([Buffer.from(varint(BigInt(bytes.length))), bytes]);
    }
    case 9: {
      const head = Buffer.from([0xf0 | value.of, ...varint(BigInt(value.value.length))]);
      return Buffer.concat([head, ...value.value.map(thrift)]);
    }
    case 12: {
      let before = 0;
      const parts = Object.entries(value.value).flatMap(([number, field]) => {
        const head = Buffer.of(((Number(number) - before) << 4) | field.type);
        before = Number(number);
        return [head, thrift(field)];
      });
      return Buffer.concat([...parts, Buffer.of(0)]);
    }
    default:
      return value satisfies never;
  }
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -value * 2n - 1n : value * 2n;
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
