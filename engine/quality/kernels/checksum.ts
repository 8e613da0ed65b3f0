import { hashOf } from '../hash.js';
import { ComparableColumns } from '../comparable-columns.js';
import type { ColumnKind } from '../column-kind.js';
import { KeyWriter, keyTypes } from '../key-writer.js';
import { Misfit } from '../literals.js';
import type { CheckState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';

/** A digest of rows in any order: the sum of their hashes of 64 bits, modulo 2^64. Not meant against forgery. */
export class ChecksumKernel implements Kernel {
  private rows = 0;
  private high = 0n;
  private low = 0n;
  private readonly key = new KeyWriter();
  private readonly comparable: ComparableColumns;

  /**
   * @param reference types of the digest that this one is to be compared with, if there is one
   * @throws Misfit where values of a column cannot be compared
   */
  constructor(
    private readonly columns: readonly string[],
    kinds: readonly ColumnKind[],
    private readonly reference: readonly ColumnKind[] = kinds,
  ) {
    const opaque = kinds.find((kind) => kind.layout === 'opaque');
    if (opaque) throw new Misfit(`values of type ${opaque.name} cannot be compared`);
    this.comparable = new ComparableColumns(kinds, reference);
  }

  update(batch: Batch): void {
    const { strides } = this.comparable;
    const { chunks, foreign } = this.comparable.layOut(this.columns.map((column) => batch.column(column)));
    // Sums of fewer than 2^21 words of 32 bits are exact in a double.
    let [high, low] = [0, 0];
    for (let row = 0; row < batch.rows; row++) {
      // A row that the reference cannot have adds nothing: the numbers of rows agree, the digests do not.
      if (foreign?.[row] === 1) continue;
      this.key.write(chunks, strides, row, true);
      high += hashOf(this.key.bytes, 0, this.key.length) >>> 0;
      low += hashOf(this.key.bytes, 0, this.key.length, 0x9747b28c) >>> 0;
    }
    this.high += BigInt(high);
    this.low += BigInt(low);
    this.rows += batch.rows;
  }

  state(): CheckState {
    const sum = BigInt.asUintN(64, (this.high << 32n) + this.low);
    return { kind: 'checksum', rows: this.rows, types: keyTypes(this.reference), sum };
  }
}
