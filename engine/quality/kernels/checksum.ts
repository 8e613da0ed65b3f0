import { hashOf } from '../byte-set.js';
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

  /** @throws Misfit where values of a column cannot be compared */
  constructor(
    private readonly columns: readonly string[],
    private readonly kinds: readonly ColumnKind[],
  ) {
    const opaque = kinds.find((kind) => kind.layout === 'opaque');
    if (opaque) throw new Misfit(`values of type ${opaque.name} cannot be compared`);
  }

  update(batch: Batch): void {
    const chunks = this.columns.map((column) => batch.column(column));
    const strides = this.kinds.map(({ stride }) => stride);
    // Sums of fewer than 2^21 words of 32 bits are exact in a double.
    let [high, low] = [0, 0];
    for (let row = 0; row < batch.rows; row++) {
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
    return { kind: 'checksum', rows: this.rows, types: keyTypes(this.kinds), sum };
  }
}
