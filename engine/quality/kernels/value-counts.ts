import { BLOCK_ROWS } from '../blocks.js';
import { ByteSet, type ByteKeys } from '../byte-set.js';
import { countCodes, type ColumnChunk } from '../column-chunk.js';
import { ColumnKeys } from '../column-keys.js';
import type { ColumnKind } from '../column-kind.js';
import { numberCell, wideCell } from '../cell.js';
import { isOfShare, type KeyShare } from '../key-limits.js';
import { KeyWriter, keyTypes } from '../key-writer.js';
import { Misfit } from '../literals.js';
import { overBudget, UNIQUE_BUDGET_BYTES } from '../merge-states.js';
import type { Json } from '../json.js';
import type { CheckState } from '../states.js';
import { unpackWide } from '../wide.js';
import type { Batch, Kernel } from './kernel.js';

/** Where an entry of a dictionary has fewer rows of a batch on average, the rows are gone through. */
const ROWS_AN_ENTRY = 8;

/** Rows of each distinct value of a column, exactly, within a budget of memory. NaN is one value; nulls are counted apart. */
export class ValueCounts implements Kernel {
  private total = 0;
  private nulls = 0;
  private full = false;
  private readonly set: ByteSet;
  private counts = new Float64Array(256);
  private readonly key = new KeyWriter();
  private readonly keys: ColumnKeys;

  /** @throws Misfit where values of the column cannot be compared */
  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
    private readonly keyShare: KeyShare = { index: 0, of: 1 },
    private readonly budget = UNIQUE_BUDGET_BYTES,
  ) {
    if (kind.layout === 'opaque') throw new Misfit(`values of type ${kind.name} cannot be compared`);
    this.set = new ByteSet(budget);
    this.keys = new ColumnKeys(this.set, kind.stride);
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    this.total += chunk.length - chunk.nullCount;
    this.nulls += chunk.nullCount;
    const isWhole = this.keyShare.of === 1;
    // Many entries are not worth going through a batch.
    if (chunk.layout === 'codes' && (!isWhole || chunk.entries!.length < chunk.length / ROWS_AN_ENTRY)) {
      const counts = countCodes(chunk);
      for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) this.add([chunk.entries!], i, counts[i]!);
      return;
    }
    if (isWhole) return this.addColumn(chunk);
    const chunks = [chunk];
    for (let i = 0; i < chunk.length; i++) if (chunk.valid === null || chunk.valid[i] === 1) this.add(chunks, i, 1);
  }

  state(): CheckState {
    if (this.full) return overBudget(this.budget);
    return {
      kind: 'counts',
      total: this.total,
      nulls: this.nulls,
      types: keyTypes([this.kind]),
      keys: this.set.keys(),
      counts: this.counts.slice(0, this.set.size),
    };
  }

  private addColumn(chunk: ColumnChunk): void {
    for (let from = 0; from < chunk.length && !this.full; from += BLOCK_ROWS) {
      const rows = Math.min(chunk.length - from, BLOCK_ROWS);
      if (!this.keys.number(chunk, from, from + rows)) return this.giveUp();
      this.makeRoom();
      const { counts } = this;
      const { numbers } = this.keys;
      for (let k = 0; k < rows; k++) if (numbers[k]! >= 0) counts[numbers[k]!]!++;
    }
  }

  private add(chunks: readonly ColumnChunk[], row: number, rows: number): void {
    if (this.full) return;
    this.key.write(chunks, [this.kind.stride], row);
    if (!isOfShare(this.keyShare, this.key.bytes, this.key.length)) return;
    const index = this.set.add(this.key.bytes, 0, this.key.length);
    if (index < 0) return this.giveUp();
    this.makeRoom();
    this.counts[index]! += rows;
  }

  private giveUp(): void {
    this.full = true;
    this.set.clear();
  }

  private makeRoom(): void {
    if (this.set.size <= this.counts.length) return;
    const larger = new Float64Array(this.set.size * 2);
    larger.set(this.counts);
    this.counts = larger;
  }
}

/** The value under a key of one column, as JSON. */
export function valueOfKey({ bytes, offsets }: ByteKeys, index: number, kind: ColumnKind): Json {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + offsets[index]!, offsets[index + 1]! - offsets[index]!);
  if (kind.layout === 'text') return key.toString(kind.domain === 'text' ? 'utf8' : 'hex', 4);
  if (kind.layout === 'number') return numberCell(key.readDoubleLE(0), kind);
  const words = new Int32Array(kind.stride);
  for (let i = 0; i < kind.stride; i++) words[i] = key.readInt32LE(4 * i);
  return wideCell(unpackWide(words, 0, kind.stride, kind.unsigned), kind);
}
