import { readSync } from 'node:fs';

/** Bytes that are read at once, at least. */
const WINDOW = 256 << 10;

/** Reads the bytes of a column chunk in order, a window at a time. */
export class ChunkBytes {
  private window = new Uint8Array(0);
  private windowAt = 0;

  /** @param end position in the file after the chunk */
  constructor(
    private readonly file: number,
    private readonly end: number,
  ) {}

  /**
   * Bytes `at` to `at + length` of the file, or to the end of the chunk where that is before. They stay valid.
   * @throws RangeError where the file is shorter
   */
  upTo(at: number, length: number): Uint8Array {
    const wanted = Math.min(length, this.end - at);
    if (at < this.windowAt || at + wanted > this.windowAt + this.window.length) {
      const size = Math.min(Math.max(wanted, WINDOW), this.end - at);
      if (size < 0) throw new RangeError('a page lies past the end of its column');
      // A new array each time: pages that are not compressed are views of it.
      const window = new Uint8Array(size);
      for (let read = 0; read < size;) {
        const more = readSync(this.file, window, read, size - read, at + read);
        if (more === 0) throw new RangeError('the file is cut off');
        read += more;
      }
      this.window = window;
      this.windowAt = at;
    }
    return this.window.subarray(at - this.windowAt, at - this.windowAt + wanted);
  }

  /** As `upTo`, but all of them must be there. */
  exactly(at: number, length: number): Uint8Array {
    const bytes = this.upTo(at, length);
    if (bytes.length !== length) throw new RangeError('a page is cut off');
    return bytes;
  }
}
