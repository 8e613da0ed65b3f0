import { BLOCK_ROWS } from '../blocks.js';
import { ByteSet } from '../byte-set.js';
import type { ColumnChunk } from '../column-chunk.js';
import { ColumnKeys } from '../column-keys.js';
import type { ColumnKind } from '../column-kind.js';
import { isOfShare, type KeyMemory, type KeyShare } from '../key-limits.js';
import { hasNull, KeyWriter, keyTypes } from '../key-writer.js';
import { notComparable, overBudget } from '../merge-states.js';
import { MAX_EXAMPLES, type CheckState, type Example, type KeysState } from '../states.js';
import type { Problem } from '../../../schemas/problems.js';
import type { Batch, CheckDefinition, CheckOf, Kernel, StartContext } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { shareFinding, withMostly } from './row-check.js';

/** A check that names one column, or several. */
interface KeyColumns {
  column?: string | undefined;
  columns?: readonly string[] | undefined;
}

/** The columns of a key. */
export function keyColumnsOf({ column, columns }: KeyColumns): readonly string[] {
  return columns ?? (column === undefined ? [] : [column]);
}

/** What is wrong with the columns of a key. */
export function keyProblems(check: KeyColumns): Problem[] {
  if ((check.column === undefined) === (check.columns === undefined)) {
    return [{ path: 'columns', message: 'either column or columns must be given, and not both' }];
  }
  const columns = keyColumnsOf(check);
  const twice = columns.filter((column, i) => columns.indexOf(column) !== i);
  return twice.map((column) => ({ path: 'columns', message: `names the column ${column} twice` }));
}

/**
 * Exact: every distinct key is kept, as bytes. Failing rows are those whose key an earlier row has. NaN equals NaN and -0
 * equals 0; rows with a null in a column are passed over.
 */
export const unique: CheckDefinition<CheckOf<'unique'>> = {
  columns: keyColumnsOf,
  problems: keyProblems,
  start: (check, kinds, context) => new Unique(keyColumnsOf(check), kinds, 'pass', context),
  threshold: (check) => withMostly('each once', check),
  judge(state, check) {
    const { total, distinct, examples } = keysIn(state);
    return shareFinding(total, total - distinct, examples, check);
  },
};

/** As `unique`, and rows with a null in a column fail. */
export const primaryKey: CheckDefinition<CheckOf<'primary_key'>> = {
  columns: keyColumnsOf,
  problems: keyProblems,
  start: (check, kinds, context) => new Unique(keyColumnsOf(check), kinds, 'fail', context),
  threshold: (check) => withMostly('each once, none null', check),
  judge(state, check) {
    const { total, nulls, distinct, examples } = keysIn(state);
    return shareFinding(total + nulls, total + nulls - distinct, examples, check);
  },
};

/** Nulls are equal to each other here: a row is repeated if all of its values are. */
export const duplicateRows: CheckDefinition<CheckOf<'duplicate_rows'>> = {
  columns: (check) => check.columns ?? [],
  reads: (check, fields) => check.columns ?? fields.map(({ name }) => name),
  problems: limitsProblems,
  start(check, kinds, context) {
    return new Unique(check.columns ?? context.fields.map(({ name }) => name), kinds, 'equal', context);
  },
  threshold: (check) => `${limitsWords(check)} repeated rows`,
  judge(state, check) {
    const { total, distinct, examples } = keysIn(state);
    const failing = total - distinct;
    return { ...withinLimits(failing, check), observed: failing, failing, total, examples };
  },
};

/** Rows and keys, whether they were counted in memory or another way, which keeps no examples. */
function keysIn(state: CheckState): { total: number; nulls: number; distinct: number; examples: Example[] } {
  if (state.kind === 'spilled') return { ...state, examples: [] };
  const { total, nulls, keys, examples } = state as KeysState;
  return { total, nulls, distinct: keys.offsets.length - 1, examples };
}

/** The kernel of `unique`; its keys take of `memory`, and where that does not suffice they are forgotten. Nulls are passed over, fail, or equal each other. */
export class Unique implements Kernel {
  private total = 0;
  private nulls = 0;
  private full: boolean;
  private readonly opaque: ColumnKind | undefined;
  private readonly examples: Example[] = [];
  private readonly set: ByteSet;
  private readonly key = new KeyWriter();
  /** Where one column is the key, and all keys are looked at. */
  private readonly columnKeys: ColumnKeys | null;
  private readonly memory: KeyMemory;
  private readonly keyShare: KeyShare;

  constructor(
    private readonly columns: readonly string[],
    private readonly kinds: readonly ColumnKind[],
    private readonly nullRule: 'pass' | 'fail' | 'equal',
    { memory, keyShare }: Pick<StartContext, 'memory' | 'keyShare'>,
  ) {
    this.memory = memory;
    this.keyShare = keyShare;
    this.opaque = kinds.find((kind) => kind.layout === 'opaque');
    this.full = this.opaque !== undefined;
    this.set = new ByteSet(Infinity, memory);
    const isPlain = columns.length === 1 && nullRule !== 'equal' && keyShare.of === 1;
    this.columnKeys = isPlain ? new ColumnKeys(this.set, kinds[0]!.stride) : null;
  }

  update(batch: Batch): void {
    if (this.full) return;
    if (this.columnKeys === null) this.updateRows(batch);
    else this.updateColumn(batch, batch.column(this.columns[0]!), this.columnKeys);
    if (this.full) this.set.clear();
  }

  private updateColumn(batch: Batch, chunk: ColumnChunk, keys: ColumnKeys): void {
    for (let from = 0; from < batch.rows && !this.full; from += BLOCK_ROWS) {
      const [to, before] = [Math.min(batch.rows, from + BLOCK_ROWS), this.set.size];
      if (keys.number(chunk, from, to)) this.countBlock(batch, keys.numbers, from, to, before);
      else this.full = true;
    }
  }

  /** @param size of the set before the block */
  private countBlock(batch: Batch, numbers: Int32Array, from: number, to: number, size: number): void {
    let next = size;
    let nulls = 0;
    for (let row = from, k = 0; row < to; row++, k++) {
      const number = numbers[k]!;
      if (number === next) next++;
      else if (number >= 0) this.keep(batch, row);
      else {
        nulls++;
        if (this.nullRule === 'fail') this.keep(batch, row);
      }
    }
    this.nulls += nulls;
    this.total += to - from - nulls;
  }

  private updateRows(batch: Batch): void {
    const { set, key, nullRule } = this;
    const chunks = this.columns.map((column) => batch.column(column));
    const strides = this.kinds.map(({ stride }) => stride);
    for (let row = 0; row < batch.rows; row++) {
      if (nullRule !== 'equal' && hasNull(chunks, row)) {
        this.nulls++;
        if (nullRule === 'fail') this.keep(batch, row);
        continue;
      }
      key.write(chunks, strides, row, nullRule === 'equal');
      this.total++;
      if (!isOfShare(this.keyShare, key.bytes, key.length)) continue;
      const before = set.size;
      const index = set.add(key.bytes, 0, key.length);
      if (index < 0) {
        this.full = true;
        return;
      }
      if (index < before) this.keep(batch, row);
    }
  }

  state(): CheckState {
    if (this.opaque !== undefined) return notComparable(this.opaque);
    if (this.full) return overBudget(this.memory.limit);
    return {
      kind: 'keys',
      total: this.total,
      nulls: this.nulls,
      types: keyTypes(this.kinds),
      keys: this.set.keys(),
      examples: [...this.examples],
    };
  }

  private keep(batch: Batch, row: number): void {
    batch.failed?.(row);
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(batch.example(row, this.columns));
  }
}
