/** A value of Thrift’s compact protocol; structs are objects by field number. */
export type ThriftValue = number | boolean | Uint8Array | ThriftValue[] | ThriftStruct;
export interface ThriftStruct {
  [field: number]: ThriftValue | undefined;
}

/** Structs and lists that are nested deeper are refused; Parquet’s are at most ten deep. */
const MAX_DEPTH = 32;

/**
 * More values, and more structs, lists and byte strings among them, are refused, since each takes far more memory than its one byte.
 * A column chunk has about 20 values and 8 of the others, so a footer may have a million of them.
 */
const MAX_VALUES = 1 << 25;
const MAX_OBJECTS = 1 << 23;

/**
 * Reads one struct of Thrift’s compact protocol. Integers beyond 2^53 lose digits; Parquet’s are sizes and positions.
 * @returns the struct, and the position after it
 * @throws RangeError where the bytes end within it or do not follow the protocol
 */
export function readStruct(bytes: Uint8Array, at: number): { value: ThriftStruct; end: number } {
  const reader = new ThriftReader(bytes, at);
  return { value: reader.struct(0), end: reader.at };
}

class ThriftReader {
  private values = 0;
  private objects = 0;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  struct(depth: number): ThriftStruct {
    this.countObject(depth);
    const struct: ThriftStruct = {};
    let field = 0;
    for (;;) {
      const head = this.byte();
      if (head === 0) return struct;
      const delta = head >> 4;
      field = delta === 0 ? this.zigzag() : field + delta;
      const type = head & 15;
      struct[field] = type === 1 ? true : type === 2 ? false : this.value(type, depth);
    }
  }

  private value(type: number, depth: number): ThriftValue {
    if (++this.values > MAX_VALUES) throw new RangeError('its metadata has too many values');
    switch (type) {
      case 1:
      case 2:
        return this.byte() === 1;
      case 3:
        return (this.byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return this.zigzag();
      case 7: {
        const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.take(8), 8);
        return view.getFloat64(0, true);
      }
      case 8: {
        this.countObject(depth);
        const length = this.varint();
        const from = this.take(length);
        return this.bytes.subarray(from, from + length);
      }
      case 9:
      case 10: {
        this.countObject(depth);
        const head = this.byte();
        const count = head >> 4 === 15 ? this.varint() : head >> 4;
        // Each element takes a byte at least, so a count past the end is a lie.
        if (count > this.bytes.length - this.at) throw new RangeError('its metadata is cut off');
        return Array.from({ length: count }, () => this.value(head & 15, depth + 1));
      }
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError('its metadata is malformed');
    }
  }

  private countObject(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('its metadata is nested too deep');
    if (++this.objects > MAX_OBJECTS) throw new RangeError('its metadata has too many values');
  }

  private byte(): number {
    return this.bytes[this.take(1)]!;
  }

  /** Position of the next `length` bytes, which are passed. */
  private take(length: number): number {
    const { at } = this;
    if (length < 0 || at + length > this.bytes.length) throw new RangeError('its metadata is cut off');
    this.at += length;
    return at;
  }

  private varint(): number {
    let result = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.byte();
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
    throw new RangeError('its metadata is malformed');
  }

  private zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
