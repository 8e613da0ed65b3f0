import type { TensorType } from '../../schemas/index.js';
import type { ColumnValues } from '../onnx-session.js';

/** Rows for a model: one column for each input of its signature, in that order. */
export interface Batch {
  rows: number;
  columns: ColumnValues[];
}

/** A value that is not of the column's type. */
export interface WrongElement {
  index: number;
  expected: string;
}

interface ColumnType {
  allocate(rows: number): ColumnValues;
  /** Stores a JSON value, or says that it is not of the type. */
  store(column: ColumnValues, index: number, value: unknown): boolean;
  expected: string;
}

const LARGEST_FLOAT = 3.4028234663852886e38;

/** How JSON values become values of a type. Nothing is converted silently: text is not a number, 1 is not true. */
const COLUMN_TYPES: Record<TensorType, ColumnType> = {
  BOOL: {
    allocate: (rows) => new Uint8Array(rows),
    store: (column, index, value) => {
      if (typeof value !== 'boolean') return false;
      column[index] = value ? 1 : 0;
      return true;
    },
    expected: 'true or false',
  },
  INT32: {
    allocate: (rows) => new Int32Array(rows),
    store: (column, index, value) => {
      if (!Number.isInteger(value) || (value as number) !== ((value as number) | 0)) return false;
      column[index] = value as number;
      return true;
    },
    expected: 'an integer of 32 bits',
  },
  INT64: {
    allocate: (rows) => new BigInt64Array(rows),
    store: (column, index, value) => {
      // Above 2^53 the JSON parser has already rounded: a wrong id would be scored without a word.
      if (!Number.isSafeInteger(value)) return false;
      column[index] = BigInt(value as number);
      return true;
    },
    expected: 'an integer within ±(2^53 - 1)',
  },
  FP32: {
    allocate: (rows) => new Float32Array(rows),
    store: (column, index, value) => {
      if (typeof value !== 'number' || !(Math.abs(value) <= LARGEST_FLOAT)) return false;
      column[index] = value;
      return true;
    },
    expected: 'a number within the range of 32 bits',
  },
  FP64: {
    allocate: (rows) => new Float64Array(rows),
    store: (column, index, value) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      column[index] = value;
      return true;
    },
    expected: 'a number',
  },
  BYTES: {
    allocate: (rows) => new Array<string>(rows).fill(''),
    store: (column, index, value) => {
      if (typeof value !== 'string') return false;
      column[index] = value;
      return true;
    },
    expected: 'text',
  },
};

/** A column of neutral values (0, false, empty text), to warm a model up. */
export function neutralColumn(datatype: TensorType, rows: number): ColumnValues {
  return COLUMN_TYPES[datatype].allocate(rows);
}

/**
 * Column of a tensor's data, which has been flattened to one value a row.
 * @returns the column, or the first element that is not of the type
 */
export function columnOf(datatype: TensorType, data: readonly unknown[]): ColumnValues | WrongElement {
  const type = COLUMN_TYPES[datatype];
  const column = type.allocate(data.length);
  for (let index = 0; index < data.length; index += 1) {
    if (!type.store(column, index, data[index])) return { index, expected: type.expected };
  }
  return column;
}

/** The rows of several batches of the same signature, one after the other. */
export function concatBatches(batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (first === undefined) return { rows: 0, columns: [] };
  if (batches.length === 1) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns = first.columns.map((column, index) => {
    const parts = batches.map((batch) => batch.columns[index] ?? []);
    return Array.isArray(column) ? (parts as string[][]).flat() : joined(column, parts as (typeof column)[], rows);
  });
  return { rows, columns };
}

/** The rows of a batch from `start` up to `end`. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  return { rows: end - start, columns: batch.columns.map((column) => column.slice(start, end)) };
}

type NumericColumn = Exclude<ColumnValues, string[]>;

function joined(like: NumericColumn, parts: readonly NumericColumn[], rows: number): NumericColumn {
  const whole = new (like.constructor as new (rows: number) => NumericColumn)(rows);
  let offset = 0;
  for (const part of parts) {
    // All parts come from one signature, so they are of one type; the compiler cannot know.
    (whole as { set(values: NumericColumn, offset: number): void }).set(part, offset);
    offset += part.length;
  }
  return whole;
}
