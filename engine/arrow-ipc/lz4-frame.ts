const MAGIC = 0x184d2204;

/**
 * Decompresses an LZ4 frame, as Arrow IPC has them: pandas and pyarrow write them by default. Checksums are not looked at.
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md.
 * @throws RangeError for what is no such frame
 */
export function decompressLz4Frame(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('it is not an LZ4 frame');
  const flags = view.getUint8(4);
  const blockChecksums = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (hasDictionary) throw new RangeError('an LZ4 frame needs a dictionary');
  const output = new Output(hasSize ? Number(view.getBigUint64(6, true)) : data.length * 4);
  let at = hasSize ? 15 : 7;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) return output.bytes();
    const size = header & 0x7fff_ffff;
    if (at + size > data.length) throw new RangeError('an LZ4 block is cut off');
    const block = data.subarray(at, at + size);
    // The highest bit says that the block was not worth compressing.
    if (header >>> 31 === 1) output.append(block);
    else decompressBlock(block, output);
    at += size + (blockChecksums ? 4 : 0);
  }
}

function decompressBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const byte = (): number => {
    const value = block[at];
    if (value === undefined) throw new RangeError('an LZ4 block is cut off');
    at += 1;
    return value;
  };
  /** Fifteen means that more follows, as long as the bytes are 255. */
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (let more = 255; more === 255; length += more) more = byte();
    return length;
  };
  while (at < block.length) {
    const token = byte();
    const literals = lengthFrom(token >>> 4);
    if (at + literals > block.length) throw new RangeError('an LZ4 block is cut off');
    output.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence has literals alone.
    if (at === block.length) return;
    const distance = byte() | (byte() << 8);
    output.repeat(distance, lengthFrom(token & 15) + 4);
  }
}

/** Bytes that grow; blocks of a frame may refer back to those before. */
class Output {
  private buffer: Uint8Array;
  private length = 0;

  constructor(size: number) {
    this.buffer = new Uint8Array(Math.max(64, size));
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Copies from so far back, byte by byte where the copy overlaps itself. */
  repeat(distance: number, count: number): void {
    const start = this.length - distance;
    if (distance === 0 || start < 0) throw new RangeError('an LZ4 block refers to what is not there');
    this.reserve(count);
    if (distance >= count) this.buffer.copyWithin(this.length, start, start + count);
    else
      for (let index = 0; index < count; index += 1) this.buffer[this.length + index] = this.buffer[start + index] ?? 0;
    this.length += count;
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + count));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}
