import { ByteSet } from '../byte-set.js';
import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import {
  MAX_EXAMPLES,
  overBudget,
  UNIQUE_BUDGET_BYTES,
  type CheckState,
  type Example,
  type KeysState,
} from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';

/**
 * Exact: every distinct key is kept, as bytes. Failing rows are those whose key an earlier row has. NaN equals NaN and -0
 * equals 0; rows with a null in a column are passed over.
 */
export const unique: CheckDefinition<CheckOf<'unique'>> = {
  columns: (check) => check.columns,
  problems({ columns }) {
    const twice = columns.filter((column, i) => columns.indexOf(column) !== i);
    return twice.map((column) => ({ path: 'columns', message: `names the column ${column} twice` }));
  },
  start(check, kinds) {
    const opaque = kinds.find((kind) => kind.layout === 'opaque');
    if (opaque) throw new Misfit(`values of type ${opaque.name} cannot be compared`);
    return new Unique(check.columns, kinds);
  },
  threshold: () => 'each once',
  judge(state) {
    const { total, keys, examples } = state as KeysState;
    const distinct = keys.offsets.length - 1;
    const failing = total - distinct;
    return { passed: failing === 0, observed: total === 0 ? 1 : distinct / total, failing, total, examples };
  },
};

/** The kernel of `unique`; `budget` is in bytes. */
export class Unique implements Kernel {
  private total = 0;
  private full = false;
  private readonly examples: Example[] = [];
  private readonly set: ByteSet;
  private readonly key = new KeyWriter();

  constructor(
    private readonly columns: readonly string[],
    private readonly kinds: readonly ColumnKind[],
    private readonly budget = UNIQUE_BUDGET_BYTES,
  ) {
    this.set = new ByteSet(budget);
  }

  update(batch: Batch): void {
    if (this.full) return;
    const { set, key } = this;
    const chunks = this.columns.map((column) => batch.column(column));
    for (let row = 0; row < batch.rows; row++) {
      if (hasNull(chunks, row)) continue;
      key.length = 0;
      for (let c = 0; c < chunks.length; c++) key.append(chunks[c]!, row, this.kinds[c]!.stride);
      const before = set.size;
      const index = set.add(key.bytes, 0, key.length);
      this.total++;
      if (index < 0) {
        this.full = true;
        return;
      }
      if (index < before && this.examples.length < MAX_EXAMPLES) this.examples.push(batch.example(row, this.columns));
    }
  }

  state(): CheckState {
    if (this.full) return overBudget(this.budget);
    const types = this.kinds.map(
      (kind) => `${kind.domain}${kind.layout === 'wide' ? `:${kind.unitNs}:${kind.scale}` : ''}`,
    );
    return {
      kind: 'keys',
      total: this.total,
      types: types.join(', '),
      keys: this.set.keys(),
      examples: [...this.examples],
    };
  }
}

/** Lays the values of a row one behind the other; texts are preceded by their length, so that no two rows are confused. */
class KeyWriter {
  bytes = new Uint8Array(256);
  length = 0;
  private readonly number = new Float64Array(1);
  private readonly numberBytes = new Uint8Array(this.number.buffer);

  append(column: ColumnChunk, rowOfColumn: number, stride: number): void {
    const row = column.layout === 'codes' ? column.codes[rowOfColumn]! : rowOfColumn;
    const chunk = column.layout === 'codes' ? column.entries! : column;
    if (chunk.layout === 'text') {
      const from = chunk.offsets[row * chunk.offsetStride]!;
      const to = chunk.offsets[(row + 1) * chunk.offsetStride]!;
      this.reserve(to - from + 4);
      this.writeWord(to - from);
      for (let i = from; i < to; i++) this.bytes[this.length++] = chunk.bytes[i]!;
    } else if (chunk.layout === 'wide') {
      this.reserve(stride * 4);
      for (let i = row * stride; i < (row + 1) * stride; i++) this.writeWord(chunk.words[i]!);
    } else {
      const value = chunk.numbers[row]!;
      this.reserve(8);
      // Adding 0 turns -0 into 0; there are many NaN and one is chosen.
      this.number[0] = value === value ? value + 0 : NaN;
      for (let i = 0; i < 8; i++) this.bytes[this.length++] = this.numberBytes[i]!;
    }
  }

  private writeWord(word: number): void {
    this.bytes[this.length++] = word;
    this.bytes[this.length++] = word >> 8;
    this.bytes[this.length++] = word >> 16;
    this.bytes[this.length++] = word >> 24;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.length + more) * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

function hasNull(chunks: readonly ColumnChunk[], row: number): boolean {
  for (let c = 0; c < chunks.length; c++) {
    const { valid } = chunks[c]!;
    if (valid !== null && valid[row] === 0) return true;
  }
  return false;
}
