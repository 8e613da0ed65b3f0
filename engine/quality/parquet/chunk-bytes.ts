import { readSync } from 'node:fs';

/** Bytes that are read at once, at least: few at first, since often the dictionary is all that is wanted. */
const FIRST_WINDOW = 32 << 10;
const LARGEST_WINDOW = 512 << 10;

/** Reads the bytes of a column chunk in order, a window at a time. */
export class ChunkBytes {
  private nextWindow = FIRST_WINDOW;
  private window: Uint8Array = new Uint8Array(0);
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
      const size = Math.min(Math.max(wanted, this.nextWindow), this.end - at);
      this.window = this.bytesAt(at, size);
      this.windowAt = at;
      this.nextWindow = Math.min(LARGEST_WINDOW, this.nextWindow * 4);
    }
    return this.window.subarray(at - this.windowAt, at - this.windowAt + wanted);
  }

  /** As `upTo`, for a look ahead at a few bytes: the window stays where it is. */
  peek(at: number, length: number): Uint8Array {
    const wanted = Math.min(length, this.end - at);
    const isAtHand = at >= this.windowAt && at + wanted <= this.windowAt + this.window.length;
    return isAtHand ? this.upTo(at, length) : this.bytesAt(at, wanted);
  }

  /** As `upTo`, but all of them must be there. */
  exactly(at: number, length: number): Uint8Array {
    const bytes = this.upTo(at, length);
    if (bytes.length !== length) throw new RangeError('a page is cut off');
    return bytes;
  }

  private bytesAt(at: number, size: number): Uint8Array {
    if (size < 0) throw new RangeError('a page lies past the end of its column');
    // New memory each time, since pages that are not compressed are views of it; not filled with zeros, since all is read.
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let read = 0; read < size;) {
      const more = readSync(this.file, bytes, read, size - read, at + read);
      if (more === 0) throw new RangeError('the file is cut off');
      read += more;
    }
    return new Uint8Array(bytes.buffer, 0, size);
  }
}
