import type { ColumnChunk } from '../column-chunk.js';
import { MAX_EXAMPLES, type CheckState, type Example, type ShareState } from '../states.js';
import type { Batch, Finding, GroupFacts, Kernel } from './kernel.js';
import { warnWords } from './limits.js';

/** Writes 1 to `fails[row]` for each row of `from` to `to` whose value fails, else 0. Nulls may get either; they are passed over. */
export type Judge = (chunk: ColumnChunk, from: number, to: number, fails: Uint8Array) => void;

/** What fails passes, and the other way round. */
export function negated(judge: Judge): Judge {
  return (chunk, from, to, fails) => {
    judge(chunk, from, to, fails);
    for (let i = from; i < to; i++) fails[i] = 1 - fails[i]!;
  };
}

/** Fails where any of the judges does. */
export function anyOf(...judges: readonly Judge[]): Judge {
  return (chunk, from, to, fails) => {
    const either = new Uint8Array(to);
    fails.fill(0, from, to);
    for (const judge of judges) {
      judge(chunk, from, to, either);
      for (let i = from; i < to; i++) fails[i] = fails[i]! | either[i]!;
    }
  };
}

/**
 * Judges the values of one column, whatever its layout: where the column has a dictionary, each entry is judged once and the rows
 * follow by their codes.
 */
export class ColumnJudge {
  /** A byte a row of the chunk judged last: 1 where it fails; nulls do not. */
  fails = new Uint8Array(0);
  private entries: ColumnChunk | null = null;
  private entriesJudged = 0;
  private entryFailures = 0;
  private entryFails = new Uint8Array(256);

  /** @param passes true for a chunk of which no row fails, where that is known without a look at each row */
  constructor(
    private readonly judge: Judge,
    private readonly passes?: (chunk: ColumnChunk) => boolean,
  ) {}

  /** Judges each row; false where none fails, and then `fails` may be stale. */
  update(chunk: ColumnChunk): boolean {
    const { length } = chunk;
    if (chunk.layout !== 'codes' && this.passes?.(chunk) === true) return false;
    if (chunk.layout === 'codes' && this.judgeEntries(chunk.entries!) === 0) return false;
    if (this.fails.length < length) this.fails = new Uint8Array((length + 3) & ~3);
    const { fails } = this;
    if (chunk.layout === 'codes') {
      const { codes } = chunk;
      const { entryFails } = this;
      for (let i = 0; i < length; i++) fails[i] = entryFails[codes[i]!]!;
    } else this.judge(chunk, 0, length, fails);
    if (chunk.valid !== null) maskNulls(fails, chunk.valid, length);
    return true;
  }

  /** How many entries of a dictionary fail. */
  judgeEntries(entries: ColumnChunk): number {
    if (this.entries !== entries) {
      this.entries = entries;
      this.entriesJudged = 0;
      this.entryFailures = 0;
    }
    if (entries.length > this.entryFails.length) {
      const larger = new Uint8Array(entries.length * 2);
      larger.set(this.entryFails);
      this.entryFails = larger;
    }
    const { entryFails } = this;
    this.judge(entries, this.entriesJudged, entries.length, entryFails);
    for (let i = this.entriesJudged; i < entries.length; i++) {
      if (entries.valid !== null && entries.valid[i] === 0) entryFails[i] = 0;
      this.entryFailures += entryFails[i]!;
    }
    this.entriesJudged = entries.length;
    return this.entryFailures;
  }
}

/** A check that judges the values of one column row by row: counts failing rows exactly and keeps the first few. */
export class RowCheck implements Kernel {
  private readonly count = new ShareCounter();
  private readonly judge: ColumnJudge;

  /** @param passes as of a ColumnJudge */
  constructor(
    private readonly column: string,
    judge: Judge,
    passes?: (chunk: ColumnChunk) => boolean,
  ) {
    this.judge = new ColumnJudge(judge, passes);
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    const judged = chunk.length - chunk.nullCount;
    if (!this.judge.update(chunk)) this.count.total += judged;
    else this.count.add(batch, judged, this.judge.fails, [this.column]);
  }

  updateFromFacts(facts: GroupFacts): boolean {
    const nulls = facts.nullCount(this.column);
    if (nulls === undefined) return false;
    const values = facts.valuesWithin(this.column);
    if (values === undefined || this.judge.judgeEntries(values) > 0) return false;
    this.count.total += facts.rows - nulls;
    return true;
  }

  state(): CheckState {
    return this.count.state();
  }
}

/** Counts rows that were judged and rows that failed, and keeps the first failing ones. */
export class ShareCounter {
  total = 0;
  failing = 0;
  readonly examples: Example[] = [];

  /** Takes in `fails`, of which the first `batch.rows` count; `judged` rows of them were judged. */
  add(batch: Batch, judged: number, fails: Uint8Array, columns: readonly string[]): void {
    const failing = sum(fails, batch.rows);
    this.total += judged;
    this.failing += failing;
    if (failing === 0) return;
    if (batch.failed !== undefined) {
      for (let i = fails.indexOf(1); i >= 0 && i < batch.rows; i = fails.indexOf(1, i + 1)) batch.failed(i);
    }
    const { examples } = this;
    for (let i = fails.indexOf(1); i >= 0 && i < batch.rows && examples.length < MAX_EXAMPLES;) {
      examples.push(batch.example(i, columns));
      i = fails.indexOf(1, i + 1);
    }
  }

  state(): ShareState {
    return { kind: 'share', total: this.total, failing: this.failing, examples: [...this.examples] };
  }
}

/** Number of ones; four bytes at a time, since most words are 0. The array’s length is a multiple of four. */
function sum(fails: Uint8Array, length: number): number {
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

/** The outcome of a check of rows: the share that passes against the least shares that must. With no rows to judge it passes. */
export function judgeShare(state: CheckState, { mostly, warn }: Thresholds): Finding {
  const { total, failing, examples } = state as ShareState;
  return shareFinding(total, failing, examples, { mostly, warn });
}

/** The two thresholds of a check of rows. */
export interface Thresholds {
  mostly: number;
  warn?: { mostly: number } | undefined;
}

/** The outcome of `failing` rows in `total`. */
export function shareFinding(total: number, failing: number, examples: Example[], thresholds: Thresholds): Finding {
  const { mostly, warn } = thresholds;
  const share = total === 0 ? 1 : (total - failing) / total;
  return {
    passed: share >= mostly,
    calm: share >= (warn?.mostly ?? mostly),
    observed: share,
    failing,
    total,
    examples,
  };
}

/** Adds the least shares to a rule in words. */
export function withMostly(
  rule: string,
  { mostly, warn }: { mostly: number; warn?: { mostly: number } | undefined },
): string {
  const words = mostly === 1 ? [rule] : [rule, `mostly ${mostly}`];
  return [...words, ...(warn === undefined ? [] : [warnWords(warn.mostly, undefined)])].join(', ');
}

function maskNulls(fails: Uint8Array, valid: Uint8Array, length: number): void {
  for (let i = 0; i < length; i++) fails[i] = fails[i]! & valid[i]!;
}
