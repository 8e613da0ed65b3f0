import { cellOf } from './cell.js';
import { gather, type ColumnChunk } from './column-chunk.js';
import type { Batch, GroupFacts, Kernel } from './kernels/kernel.js';
import type { Plan } from './plan.js';
import type { SourceBatch } from './sources/row-source.js';
import type { Json } from './json.js';
import type { CheckState, Example } from './states.js';

/** A plan at work on the rows of one file, or of several with the same schema. */
export class Scan {
  private readonly kernels: readonly Kernel[];
  private pending: readonly number[];
  private firstRow = 0;
  private file: string | undefined;
  private readonly checksOfKernel: readonly (readonly number[])[];

  /** @param onFailing told each row that fails a check of rows */
  constructor(
    readonly plan: Plan,
    private readonly onFailing?: OnFailing,
  ) {
    this.kernels = plan.kernels.map((kernel) => kernel.start());
    this.pending = this.kernels.map((_, i) => i);
    const checksOfKernel = this.kernels.map((): number[] => []);
    for (const [check, step] of plan.steps.entries()) if (typeof step === 'number') checksOfKernel[step]!.push(check);
    this.checksOfKernel = checksOfKernel;
  }

  /**
   * The rows that follow are of another file.
   * @param name what is shown with failing rows, where there are several files
   */
  startFile(name: string | undefined): void {
    this.file = name;
    this.firstRow = 0;
  }

  /**
   * A group of rows begins. What its facts answer is taken in.
   * @returns the columns that must be read for the rest; null where nothing is left to be seen
   */
  startGroup(firstRow: number, facts: GroupFacts | null): string[] | null {
    this.firstRow = firstRow;
    this.pending = this.kernels.flatMap((kernel, i) => {
      const answered =
        facts !== null && this.plan.kernels[i]!.where === undefined && kernel.updateFromFacts?.(facts) === true;
      return answered ? [] : [i];
    });
    if (this.pending.length === 0 && facts !== null) return null;
    return [...new Set(this.pending.flatMap((i) => this.plan.kernels[i]!.columns))];
  }

  /** Takes in the next rows of the group. */
  update(source: SourceBatch): void {
    const whole = new ScanBatch(source, this.plan, this.firstRow, this.file);
    const filtered = new Map<string, RowsOfFile>();
    for (const i of this.pending) {
      const { where } = this.plan.kernels[i]!;
      let batch: RowsOfFile = whole;
      if (where !== undefined) {
        batch = filtered.get(where) ?? new FilteredBatch(whole, this.plan.conditions.get(where)!(whole), this.plan);
        filtered.set(where, batch);
      }
      this.kernels[i]!.update(this.onFailing === undefined ? batch : this.heard(batch, this.onFailing, i));
    }
    this.firstRow += source.rows;
  }

  private heard(batch: RowsOfFile, onFailing: OnFailing, kernel: number): Batch {
    return new HeardBatch(batch, (row) => {
      for (const check of this.checksOfKernel[kernel]!) onFailing(check, row);
    });
  }

  /** What each check has seen, in the order of the suite. */
  states(): CheckState[] {
    const states = this.kernels.map((kernel) => kernel.state());
    return this.plan.steps.map((step) => (typeof step === 'number' ? states[step]! : step));
  }
}

/** Told that a row fails a check: the check’s number in the suite, the row’s in its file, both from 0. */
export type OnFailing = (check: number, row: number) => void;

/** Some rows that know where in their file they are. */
interface RowsOfFile extends Batch {
  /** The number of row `row` of the batch in its file, from 0. */
  positionOf(row: number): number;
}

class ScanBatch implements RowsOfFile {
  constructor(
    private readonly source: SourceBatch,
    private readonly plan: Plan,
    private readonly firstRow: number,
    private readonly file: string | undefined,
  ) {}

  get rows(): number {
    return this.source.rows;
  }

  column(name: string): ColumnChunk {
    return this.source.column(name);
  }

  positionOf(row: number): number {
    return this.firstRow + row;
  }

  example(row: number, columns: readonly string[]): Example {
    const { keyColumns, piiColumns } = this.plan;
    const shown = columns.filter((name) => !piiColumns.has(name));
    return {
      row: this.firstRow + row,
      ...(this.file === undefined ? {} : { file: this.file }),
      ...(shown.length === 0
        ? {}
        : { value: columns.length === 1 ? this.cells(row, shown)[shown[0]!]! : this.cells(row, shown) }),
      ...(keyColumns.length === 0 ? {} : { keys: this.cells(row, keyColumns) }),
    };
  }

  private cells(row: number, names: readonly string[]): { [name: string]: Json } {
    return Object.fromEntries(names.map((name) => [name, cellOf(this.column(name), this.plan.kinds.get(name)!, row)]));
  }
}

/** The rows of a batch for which a condition is true. */
class FilteredBatch implements RowsOfFile {
  private readonly kept: Int32Array;
  private readonly chunks = new Map<string, ColumnChunk>();

  constructor(
    private readonly whole: RowsOfFile,
    truths: Uint8Array,
    private readonly plan: Plan,
  ) {
    const kept = new Int32Array(truths.length);
    let count = 0;
    for (let i = 0; i < truths.length; i++) if (truths[i] === 1) kept[count++] = i;
    this.kept = kept.subarray(0, count);
  }

  get rows(): number {
    return this.kept.length;
  }

  column(name: string): ColumnChunk {
    let chunk = this.chunks.get(name);
    if (chunk === undefined) {
      const whole = this.whole.column(name);
      const stride = this.plan.kinds.get(name)!.stride;
      chunk = this.kept.length === this.whole.rows ? whole : gather(whole, this.kept, stride);
      this.chunks.set(name, chunk);
    }
    return chunk;
  }

  positionOf(row: number): number {
    return this.whole.positionOf(this.kept[row]!);
  }

  example(row: number, columns: readonly string[]): Example {
    return this.whole.example(this.kept[row]!, columns);
  }
}

/** A batch that tells one listener which of its rows fail. */
class HeardBatch implements Batch {
  constructor(
    private readonly batch: RowsOfFile,
    private readonly onRow: (position: number) => void,
  ) {}

  get rows(): number {
    return this.batch.rows;
  }

  column(name: string): ColumnChunk {
    return this.batch.column(name);
  }

  example(row: number, columns: readonly string[]): Example {
    return this.batch.example(row, columns);
  }

  failed(row: number): void {
    this.onRow(this.batch.positionOf(row));
  }
}
