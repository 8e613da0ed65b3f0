/**
 * A table of FlatBuffers (flatbuffers.dev/internals): fields by their number, each with the value it has where it is left out.
 * All methods throw RangeError where they would leave the bytes.
 */
export class FlatTable {
  private readonly vtable: number;
  private readonly fields: number;

  constructor(
    private readonly view: DataView,
    private readonly at: number,
  ) {
    this.vtable = at - view.getInt32(at, true);
    this.fields = (view.getUint16(this.vtable, true) - 4) >> 1;
  }

  /** The root of a buffer. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  byte(field: number, missing = 0): number {
    const at = this.find(field);
    return at === 0 ? missing : this.view.getUint8(at);
  }

  short(field: number, missing = 0): number {
    const at = this.find(field);
    return at === 0 ? missing : this.view.getInt16(at, true);
  }

  int(field: number, missing = 0): number {
    const at = this.find(field);
    return at === 0 ? missing : this.view.getInt32(at, true);
  }

  long(field: number): number {
    const at = this.find(field);
    return at === 0 ? 0 : safeLong(this.view, at);
  }

  text(field: number): string | undefined {
    const at = this.find(field);
    if (at === 0) return undefined;
    const from = this.target(at);
    const length = this.view.getUint32(from, true);
    if (from + 4 + length > this.view.byteLength) throw new RangeError('its metadata is cut off');
    return Buffer.from(this.view.buffer, this.view.byteOffset + from + 4, length).toString('utf8');
  }

  table(field: number): FlatTable | undefined {
    const at = this.find(field);
    return at === 0 ? undefined : new FlatTable(this.view, this.target(at));
  }

  tables(field: number): FlatTable[] {
    return this.vector(field, 4, (at) => new FlatTable(this.view, this.target(at)));
  }

  longs(field: number): number[] {
    return this.vector(field, 8, (at) => safeLong(this.view, at));
  }

  /** A vector of structs of two longs each. */
  pairs(field: number): [number, number][] {
    return this.vector(field, 16, (at) => [safeLong(this.view, at), safeLong(this.view, at + 8)]);
  }

  /** Positions of the blocks of an index: structs of a position, a length in 32 bits, and one in 64. */
  blocks(field: number): number[] {
    return this.vector(field, 24, (at) => safeLong(this.view, at));
  }

  private vector<T>(field: number, width: number, read: (at: number) => T): T[] {
    const at = this.find(field);
    if (at === 0) return [];
    const from = this.target(at);
    const length = this.view.getUint32(from, true);
    if (from + 4 + length * width > this.view.byteLength) throw new RangeError('its metadata is cut off');
    return Array.from({ length }, (_, i) => read(from + 4 + i * width));
  }

  private target(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  /** Position of a field; 0 where it is left out. */
  private find(field: number): number {
    if (field >= this.fields) return 0;
    const offset = this.view.getUint16(this.vtable + 4 + field * 2, true);
    return offset === 0 ? 0 : this.at + offset;
  }
}

/** A count or a position, which is neither negative nor beyond what a double tells. */
function safeLong(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (value < 0 || !Number.isSafeInteger(value)) throw new RangeError('its metadata is malformed');
  return value;
}
