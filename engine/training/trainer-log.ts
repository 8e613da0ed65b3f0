import { createWriteStream, type WriteStream } from 'node:fs';

const TAIL_LINES = 20;
const TAIL_LINE_LENGTH = 500;

/** The log of a training: a file of bounded size, and the last lines for error messages. */
export class TrainerLog {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #file: WriteStream;
  readonly #tail: string[] = [];
  #written = 0;
  #dropped = 0;
  #failure: Error | undefined;

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    // A log that cannot be written (a full disk) must not end the training.
    this.#file = createWriteStream(path).on('error', (error) => (this.#failure = error));
  }

  /** Bytes that did not fit. */
  get droppedBytes(): number {
    return this.#dropped;
  }

  write(chunk: Buffer): void {
    const kept = this.#failure === undefined ? chunk.subarray(0, this.#maxBytes - this.#written) : chunk.subarray(0, 0);
    this.#written += kept.length;
    this.#dropped += chunk.length - kept.length;
    if (kept.length > 0) this.#file.write(kept);
  }

  noteLine(line: string): void {
    this.#tail.push(line.length > TAIL_LINE_LENGTH ? `${line.slice(0, TAIL_LINE_LENGTH)}…` : line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
  }

  /** The last 20 lines, each cut at 500 characters. */
  get tail(): string {
    return this.#tail.join('\n');
  }

  async close(): Promise<void> {
    if (this.#dropped > 0) this.#file.write(`\n[${this.#dropped} bytes dropped]\n`);
    if (this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#file.once('error', () => resolve());
      this.#file.end(() => resolve());
    });
  }
}
