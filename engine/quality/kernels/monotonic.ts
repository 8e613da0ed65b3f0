import { gather, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import type { CheckState, OrderKey, OrderState } from '../states.js';
import { unpackWide } from '../wide.js';
import { Misfit } from '../literals.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { pairOrder, type PairOrder } from './pair-order.js';
import { orderTest } from '../operator.js';
import { ShareCounter, shareFinding, withMostly } from './row-check.js';

type Direction = 'increasing' | 'decreasing';

/** Compares each value with the last one before it that is neither null nor NaN. */
class Monotonic implements Kernel {
  private readonly count = new ShareCounter();
  private readonly operator: OrderState['operator'];
  private readonly order: PairOrder;
  private readonly passes: (order: number) => boolean;
  private fails = new Uint8Array(0);
  private first: ColumnChunk | null = null;
  private last: ColumnChunk | null = null;

  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
    direction: Direction,
    strict: boolean,
  ) {
    this.operator = direction === 'increasing' ? (strict ? 'gt' : 'ge') : strict ? 'lt' : 'le';
    if (kind.layout === 'opaque') throw new Misfit(`values of type ${kind.name} have no order`);
    this.order = pairOrder(kind, kind);
    this.passes = orderTest(this.operator);
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    const { fails } = this;
    let before = this.last;
    let beforeRow = 0;
    for (let row = 0; row < batch.rows; row++) {
      fails[row] = 0;
      if (chunk.valid !== null && chunk.valid[row] === 0) continue;
      if (this.kind.floating && this.isNaN(chunk, row)) {
        fails[row] = 1;
        continue;
      }
      if (before !== null) fails[row] = this.passes(this.order(chunk, row, before, beforeRow)) ? 0 : 1;
      else this.first ??= this.single(chunk, row);
      before = chunk;
      beforeRow = row;
    }
    // The batch’s arrays are overwritten by the next one, so the one value is copied.
    if (before !== null && before !== this.last) this.last = this.single(before, beforeRow);
    this.count.add(batch, batch.rows - chunk.nullCount, fails, [this.column]);
  }

  state(): CheckState {
    const key = (chunk: ColumnChunk | null) => (chunk === null ? null : orderKeyOf(chunk, this.kind));
    return {
      ...this.count.state(),
      kind: 'order',
      operator: this.operator,
      first: key(this.first),
      last: key(this.last),
    };
  }

  private isNaN(chunk: ColumnChunk, row: number): boolean {
    return Number.isNaN(chunk.layout === 'codes' ? chunk.entries!.numbers[chunk.codes[row]!] : chunk.numbers[row]);
  }

  private single(chunk: ColumnChunk, row: number): ColumnChunk {
    const plain = chunk.layout === 'codes' ? chunk.entries! : chunk;
    const at = chunk.layout === 'codes' ? chunk.codes[row]! : row;
    return gather(plain, Int32Array.of(at), this.kind.stride);
  }
}

/** NaN fails; nulls are passed over. The order is that of the files and of their rows. */
const monotonic = (direction: Direction): CheckDefinition<CheckOf<Direction>> => ({
  columns: (check) => [check.column],
  start: (check, [kind]) => new Monotonic(check.column, kind!, direction, check.strict),
  threshold: (check) => withMostly(`${check.strict ? 'strictly ' : ''}${direction}`, check),
  judge: (state, { mostly, warn }) => {
    const { total, failing, examples } = state as OrderState;
    return shareFinding(total, failing, examples, { mostly, warn });
  },
});

export const increasing = monotonic('increasing');
export const decreasing = monotonic('decreasing');

function orderKeyOf(chunk: ColumnChunk, kind: ColumnKind): OrderKey {
  if (kind.layout === 'number') return { number: chunk.numbers[0]! };
  if (kind.layout === 'wide') return { integer: unpackWide(chunk.words, 0, kind.stride, kind.unsigned).toString() };
  return { text: Buffer.from(chunk.bytes).toString('base64') };
}
