import { numberCell, wideCell } from '../cell.js';
import { countCodes, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind, Field } from '../column-kind.js';
import { doubleOf } from '../kernels/pair-order.js';
import { KeyWriter } from '../key-writer.js';
import type { Json } from '../json.js';
import { unpackWide } from '../wide.js';
import { CategoryCounter } from './categories.js';
import { HyperLogLog } from './hyperloglog.js';
import { addToMoments, emptyMoments } from './moments.js';
import { PROFILE_VERSION, type ColumnProfile, type DatasetProfile } from './profile.js';
import { distributionOf, NumberSketch, PROFILE_SKETCH } from './sketch.js';

interface Rows {
  readonly rows: number;
  column(name: string): ColumnChunk;
}

/** Profiles the columns of a dataset, batch by batch, in memory that does not grow with the rows. */
export class DatasetProfiler {
  private rows = 0;
  private readonly columns: ColumnProfiler[];

  constructor(fields: readonly Field[]) {
    this.columns = fields.map((field) => new ColumnProfiler(field));
  }

  update(batch: Rows): void {
    this.rows += batch.rows;
    for (const column of this.columns) column.update(batch.column(column.name));
  }

  profile(): DatasetProfile {
    return { version: PROFILE_VERSION, rows: this.rows, columns: this.columns.map((column) => column.profile()) };
  }
}

const NUMBERS = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean']);
const TIMES = new Set<ColumnKind['domain']>(['instant', 'date']);

class ColumnProfiler {
  readonly name: string;
  private readonly kind: ColumnKind;
  private rows = 0;
  private nulls = 0;
  private nans = 0;
  private least: bigint | number | null = null;
  private greatest: bigint | number | null = null;
  private readonly moments = emptyMoments();
  private readonly sketch = new NumberSketch(PROFILE_SKETCH);
  private readonly categories = new CategoryCounter();
  private readonly distinct = new HyperLogLog();
  private readonly key = new KeyWriter();
  private readonly toDouble: ((chunk: ColumnChunk, row: number) => number) | null;

  constructor({ name, kind }: Field) {
    this.name = name;
    this.kind = kind;
    this.toDouble = NUMBERS.has(kind.domain) || TIMES.has(kind.domain) ? doubleOf(kind) : null;
  }

  update(chunk: ColumnChunk): void {
    this.rows += chunk.length;
    this.nulls += chunk.nullCount;
    if (this.kind.layout === 'opaque') return;
    if (chunk.layout === 'codes') {
      const counts = countCodes(chunk);
      for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) this.add(chunk.entries!, i, counts[i]!);
      return;
    }
    for (let i = 0; i < chunk.length; i++) if (chunk.valid === null || chunk.valid[i] === 1) this.add(chunk, i, 1);
  }

  profile(): ColumnProfile {
    const { kind } = this;
    const isNumber = NUMBERS.has(kind.domain);
    const categories =
      kind.domain === 'text'
        ? this.categories.categories()
        : kind.domain === 'boolean'
          ? booleanCategories(this.sketch)
          : null;
    const distribution = this.toDouble === null ? null : distributionOf(this.sketch.state(), PROFILE_SKETCH);
    // Decimals and times may be told apart more finely than their doubles.
    const isSafe = [this.least, this.greatest].every((value) => Number.isSafeInteger(Number(value ?? 0)));
    const isTold = kind.domain === 'number' || kind.domain === 'boolean' || (kind.domain === 'integer' && isSafe);
    const known = isTold ? distribution : null;
    const exact = categories?.exact ? categories.values.length : known?.rankError === 0 ? known.values.length : null;
    return {
      name: this.name,
      type: kind.name,
      domain: kind.domain,
      rows: this.rows,
      nulls: this.nulls,
      nans: this.nans,
      min: kind.domain === 'text' ? this.categories.least() : cell(this.least, kind),
      max: kind.domain === 'text' ? this.categories.greatest() : cell(this.greatest, kind),
      moments: isNumber ? { ...this.moments } : null,
      distribution,
      categories,
      distinct: { exact, registers: this.distinct.toBase64() },
    };
  }

  private add(chunk: ColumnChunk, row: number, rows: number): void {
    const { kind } = this;
    this.key.write([chunk], [kind.stride], row);
    this.distinct.add(this.key.bytes, 0, this.key.length);
    if (kind.domain === 'text') {
      const [from, to] = [chunk.offsets[row * chunk.offsetStride]!, chunk.offsets[(row + 1) * chunk.offsetStride]!];
      this.categories.add(chunk.bytes, from, to, rows);
      return;
    }
    if (this.toDouble === null) return;
    const value = this.toDouble(chunk, row);
    if (value !== value) {
      this.nans += rows;
      return;
    }
    if (kind.layout === 'wide') this.addToRange(unpackWide(chunk.words, row * kind.stride, kind.stride, kind.unsigned));
    if (!Number.isFinite(value)) {
      this.moments.infinite += rows;
      return;
    }
    if (kind.layout === 'number') this.addToRange(value);
    addToMoments(this.moments, value, rows);
    this.sketch.add(TIMES.has(kind.domain) ? Math.floor((value * Number(kind.unitNs)) / 1e6) : value, rows);
  }

  private addToRange(value: bigint | number): void {
    if (this.least === null || value < this.least) this.least = value;
    if (this.greatest === null || value > this.greatest) this.greatest = value;
  }
}

function cell(value: bigint | number | null, kind: ColumnKind): Json {
  if (value === null) return null;
  return typeof value === 'number' ? numberCell(value, kind) : wideCell(value, kind);
}

function booleanCategories(sketch: NumberSketch): ColumnProfile['categories'] {
  const { values, weights } = distributionOf(sketch.state(), PROFILE_SKETCH);
  const pairs = values.map((value, i): [boolean, number] => [value === 1, weights[i]!]);
  return { values: pairs.sort((a, b) => b[1] - a[1]), other: 0, error: 0, exact: true };
}
