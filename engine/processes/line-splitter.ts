import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept, in characters: the rest of a longer one is left out. */
const MAX_LINE = 64 * 1024;

/** Cuts output into lines, whatever the pieces it arrives in, and keeps the memory for one line bounded. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.#add(this.#decoder.write(chunk));
  }

  /** Hands on what is left without a line break. */
  end(): void {
    this.#add(this.#decoder.end());
    if (this.#line !== '') this.#onLine(this.#line);
    this.#line = '';
  }

  #add(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#append(text.slice(start, end));
      this.#onLine(this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line);
      this.#line = '';
      start = end + 1;
    }
    this.#append(text.slice(start));
  }

  #append(text: string): void {
    this.#line += text.slice(0, MAX_LINE - this.#line.length);
  }
}
