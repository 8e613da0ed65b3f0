import { Vector, type Data, type RecordBatch } from 'apache-arrow';
import { cellOf } from './cell.js';
import { ColumnReader, type ColumnChunk } from './column-chunk.js';
import type { Batch, Kernel } from './kernels/kernel.js';
import type { Plan } from './plan.js';
import type { CheckState, ErrorState, Example } from './states.js';

/** A plan at work on the record batches of one file, or of several with the same schema. */
export class Scan {
  private readonly readers: Map<string, ColumnReader>;
  private readonly kernels: readonly (ErrorState | Kernel)[];
  private rows = 0;
  private file: string | undefined;

  constructor(readonly plan: Plan) {
    this.readers = new Map(
      [...plan.columns].map(([name, type]) => [name, new ColumnReader(type, plan.indexedTexts.has(name))]),
    );
    this.kernels = plan.steps.map((step) => (typeof step === 'function' ? step() : step));
  }

  /**
   * The batches that follow are of another file: rows are numbered from 0 again.
   * @param name what is shown with failing rows, where there are several files
   */
  startFile(name: string | undefined): void {
    this.file = name;
    this.rows = 0;
  }

  /** Takes in the next rows of the file. */
  update(batch: RecordBatch): void {
    this.feed(new ArrowBatch(batch, this.rows, this.readers, this.plan.keyColumns, this.file));
  }

  /** Counts rows of a file of which no column is read. */
  countRows(rows: number): void {
    const nothing = (): never => {
      throw new TypeError('no column was read');
    };
    this.feed({ rows, column: nothing, example: nothing });
  }

  /** What each check has seen, in the order of the suite. */
  states(): CheckState[] {
    return this.kernels.map((kernel) => ('update' in kernel ? kernel.state() : kernel));
  }

  private feed(batch: Batch): void {
    for (const kernel of this.kernels) if ('update' in kernel) kernel.update(batch);
    this.rows += batch.rows;
  }
}

class ArrowBatch implements Batch {
  private readonly chunks = new Map<string, ColumnChunk>();

  constructor(
    private readonly batch: RecordBatch,
    private readonly firstRow: number,
    private readonly readers: ReadonlyMap<string, ColumnReader>,
    private readonly keyColumns: readonly string[],
    private readonly file: string | undefined,
  ) {}

  get rows(): number {
    return this.batch.numRows;
  }

  column(name: string): ColumnChunk {
    const known = this.chunks.get(name);
    if (known) return known;
    const chunk = this.readers.get(name)!.read(this.data(name));
    this.chunks.set(name, chunk);
    return chunk;
  }

  example(row: number, columns: readonly string[]): Example {
    const cells = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, cellOf(new Vector([this.data(name)]), row)]));
    return {
      row: this.firstRow + row,
      ...(this.file === undefined ? {} : { file: this.file }),
      value: columns.length === 1 ? cells(columns)[columns[0]!]! : cells(columns),
      ...(this.keyColumns.length === 0 ? {} : { keys: cells(this.keyColumns) }),
    };
  }

  private data(name: string): Data {
    return this.batch.data.children[this.batch.schema.fields.findIndex((field) => field.name === name)]!;
  }
}
