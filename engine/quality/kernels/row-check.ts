import type { ColumnChunk } from '../column-chunk.js';
import { MAX_EXAMPLES, type CheckState, type Example, type ShareState } from '../states.js';
import type { Batch, Finding, Kernel } from './kernel.js';

/** Writes 1 to `fails[row]` for each row of `from` to `to` whose value fails, else 0. Nulls may get either; they are passed over. */
export type Judge = (chunk: ColumnChunk, from: number, to: number, fails: Uint8Array) => void;

/**
 * A check that judges the values of one column row by row: counts failing rows exactly and keeps the first few. Where the
 * column has a dictionary, each entry is judged once and the rows follow by their codes.
 */
export class RowCheck implements Kernel {
  private total = 0;
  private failing = 0;
  private readonly examples: Example[] = [];
  private fails = new Uint8Array(0);
  private entries: ColumnChunk | null = null;
  private entriesJudged = 0;
  private entryFails = new Uint8Array(256);

  constructor(
    private readonly column: string,
    private readonly judge: Judge,
  ) {}

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    const { length } = chunk;
    if (this.fails.length < length) this.fails = new Uint8Array((length + 3) & ~3);
    const { fails } = this;
    if (chunk.layout === 'codes') this.judgeCodes(chunk, chunk.entries!);
    else this.judge(chunk, 0, length, fails);
    if (chunk.valid !== null) maskNulls(fails, chunk.valid, length);
    const failing = sum(fails, length);
    this.total += length - chunk.nullCount;
    this.failing += failing;
    if (failing > 0 && this.examples.length < MAX_EXAMPLES) keepExamples(this.examples, fails, batch, [this.column]);
  }

  state(): CheckState {
    return { kind: 'share', total: this.total, failing: this.failing, examples: [...this.examples] };
  }

  private judgeCodes(chunk: ColumnChunk, entries: ColumnChunk): void {
    if (this.entries !== entries) {
      this.entries = entries;
      this.entriesJudged = 0;
    }
    if (entries.length > this.entryFails.length) {
      const larger = new Uint8Array(entries.length * 2);
      larger.set(this.entryFails);
      this.entryFails = larger;
    }
    this.judge(entries, this.entriesJudged, entries.length, this.entryFails);
    this.entriesJudged = entries.length;
    const { fails, entryFails } = this;
    const { codes, length } = chunk;
    for (let i = 0; i < length; i++) fails[i] = entryFails[codes[i]!]!;
  }
}

/** Adds the first failing rows of a batch, up to the limit. */
export function keepExamples(examples: Example[], fails: Uint8Array, batch: Batch, columns: readonly string[]): void {
  for (
    let i = fails.indexOf(1);
    i >= 0 && i < batch.rows && examples.length < MAX_EXAMPLES;
    i = fails.indexOf(1, i + 1)
  ) {
    examples.push(batch.example(i, columns));
  }
}

/** Number of ones; four bytes at a time, since most words are 0. */
export function sum(fails: Uint8Array, length: number): number {
  const words = new Uint32Array(fails.buffer, 0, length >> 2);
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // Each byte is 0 or 1, so one multiplication adds the four of them in the highest.
    if (word !== 0) count += Math.imul(word, 0x01010101) >>> 24;
  }
  for (let i = length & ~3; i < length; i++) count += fails[i]!;
  return count;
}

/** The outcome of a check of rows: the share that passes against the least share that must. With no rows to judge it passes. */
export function judgeShare(state: CheckState, mostly: number): Finding {
  const { total, failing, examples } = state as ShareState;
  const share = total === 0 ? 1 : (total - failing) / total;
  return { passed: share >= mostly, observed: share, failing, total, examples };
}

/** Adds the least share to a rule in words. */
export function withMostly(rule: string, mostly: number): string {
  return mostly === 1 ? rule : `${rule}, mostly ${mostly}`;
}

function maskNulls(fails: Uint8Array, valid: Uint8Array, length: number): void {
  for (let i = 0; i < length; i++) fails[i] = fails[i]! & valid[i]!;
}
