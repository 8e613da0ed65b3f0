import { countCodes, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { KeyWriter } from '../key-writer.js';
import { Misfit } from '../literals.js';
import { HyperLogLog } from '../profile/hyperloglog.js';
import type { CheckState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';

/** Distinct values of a column by a HyperLogLog sketch, in 4 KiB. */
export class SketchedDistinct implements Kernel {
  private total = 0;
  private readonly sketch = new HyperLogLog();
  private readonly key = new KeyWriter();

  /** @throws Misfit where values of the column cannot be compared */
  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
  ) {
    if (kind.layout === 'opaque') throw new Misfit(`values of type ${kind.name} cannot be compared`);
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    this.total += chunk.length - chunk.nullCount;
    if (chunk.layout === 'codes') {
      const counts = countCodes(chunk);
      for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) this.add([chunk.entries!], i);
      return;
    }
    for (let i = 0; i < chunk.length; i++) if (chunk.valid === null || chunk.valid[i] === 1) this.add([chunk], i);
  }

  state(): CheckState {
    return { kind: 'sketched_distinct', total: this.total, registers: this.sketch.registers.slice() };
  }

  private add(chunks: readonly ColumnChunk[], row: number): void {
    this.key.write(chunks, [this.kind.stride], row);
    this.sketch.add(this.key.bytes, 0, this.key.length);
  }
}
