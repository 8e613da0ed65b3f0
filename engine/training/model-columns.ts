import { DataType, type Vector } from 'apache-arrow';
import { MillraceError, type ModelSignature, type TensorType } from '../../schemas/index.js';
import type { ColumnValues } from '../onnx-session.js';
import { openParquet } from '../quality/parquet-batches.js';

/** Columns of files, one value a row. */
export interface ModelColumns {
  rows: number;
  /** Values of the inputs, in the order of the signature. */
  inputs: ColumnValues[];
  /** Other columns as numbers: false is 0, true is 1, a null is NaN. */
  extra: Record<string, Float64Array>;
}

interface InputType {
  /** Whether a column of this type can be given to the input without changing what it says. */
  accepts: (type: DataType) => boolean;
  allocate: (rows: number) => ColumnValues;
  convert: (value: unknown) => unknown;
}

const isText = (type: DataType): boolean =>
  DataType.isUtf8(type) ||
  DataType.isLargeUtf8(type) ||
  (DataType.isDictionary(type) && isText(type.dictionary as DataType));
const typeName = (type: { toString(): string }): string => type.toString();
const isReal = (type: DataType): boolean => DataType.isInt(type) || DataType.isFloat(type);

const INPUT_TYPES: Record<TensorType, InputType> = {
  BOOL: { accepts: (type) => DataType.isBool(type), allocate: (rows) => new Uint8Array(rows), convert: Number },
  INT32: {
    accepts: (type) => DataType.isInt(type) && type.bitWidth <= 32 && (type.isSigned || type.bitWidth < 32),
    allocate: (rows) => new Int32Array(rows),
    convert: Number,
  },
  INT64: {
    accepts: (type) => DataType.isInt(type) && (type.isSigned || type.bitWidth < 64),
    allocate: (rows) => new BigInt64Array(rows),
    convert: (value) => BigInt(value as number | bigint),
  },
  FP32: { accepts: isReal, allocate: (rows) => new Float32Array(rows), convert: Number },
  FP64: { accepts: isReal, allocate: (rows) => new Float64Array(rows), convert: Number },
  BYTES: { accepts: isText, allocate: (rows) => new Array<string>(rows).fill(''), convert: (value) => value },
};

/**
 * Reads the columns that a model takes, and others beside them, from Parquet files into memory, in the order of the files.
 * @throws MillraceError EVALUATION_IMPOSSIBLE for a column that is missing, of another type or has nulls; SOURCE_NOT_FOUND,
 *   SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function readColumns(
  files: readonly string[],
  signature: ModelSignature['inputs'],
  columns: readonly string[],
): Promise<ModelColumns> {
  const sources = await Promise.all(files.map((path) => openParquet(path)));
  const wanted = [...new Set([...signature.map((input) => input.name), ...columns])];
  sources.forEach(({ schema }, index) => {
    const missing = wanted.filter((name) => !schema.fields.some((field) => field.name === name));
    if (missing.length > 0) throw impossible(`${files[index]} has no column ${missing.join(', ')}`);
  });
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const inputs = signature.map(({ datatype }) => INPUT_TYPES[datatype].allocate(rows));
  const extra = Object.fromEntries(columns.map((name) => [name, new Float64Array(rows)]));
  let offset = 0;
  for (const source of sources) {
    for await (const batch of source.batches(wanted)) {
      signature.forEach(({ name, datatype }, index) => {
        copyInput(name, datatype, batch.getChild(name), inputs[index] as unknown[], offset);
      });
      for (const name of columns) copyNumbers(name, batch.getChild(name), extra[name] as Float64Array, offset);
      offset += batch.numRows;
    }
  }
  return { rows, inputs, extra };
}

function copyInput(name: string, datatype: TensorType, vector: Vector | null, into: unknown[], offset: number): void {
  const { accepts, convert } = INPUT_TYPES[datatype];
  const type = vector?.type as DataType;
  if (vector === null || !accepts(type)) {
    throw impossible(`column ${name} is of type ${typeName(type)}, and the model takes ${datatype}`);
  }
  if (vector.nullCount > 0) throw impossible(`column ${name} has nulls, which the model cannot take`);
  for (let row = 0; row < vector.length; row += 1) into[offset + row] = convert(vector.get(row));
}

function copyNumbers(name: string, vector: Vector | null, into: Float64Array, offset: number): void {
  const type = vector?.type as DataType;
  if (vector === null || !(isReal(type) || DataType.isBool(type))) {
    throw impossible(`column ${name} is of type ${typeName(type)}, not a number or a boolean`);
  }
  for (let row = 0; row < vector.length; row += 1) {
    const value: unknown = vector.get(row);
    into[offset + row] = value === null ? NaN : Number(value);
  }
}

function impossible(message: string): MillraceError {
  return new MillraceError('EVALUATION_IMPOSSIBLE', message);
}
