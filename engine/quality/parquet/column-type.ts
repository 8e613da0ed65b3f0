import { fixedBinaryKind, kindOf, type ColumnKind } from '../column-kind.js';
import { ENCODING, type ParquetChunk, type ParquetColumn, type ParquetGroup } from './footer.js';
import { isKnownCodec } from './codecs.js';
import type { ThriftValue } from './thrift.js';

/** Converted types of the format that are read here. */
const CONVERTED = {
  UTF8: 0,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME_MILLIS: 7,
  TIME_MICROS: 8,
  TIMESTAMP_MILLIS: 9,
  TIMESTAMP_MICROS: 10,
  JSON: 19,
} as const;

/** Fields of the union of logical types. */
const LOGICAL = {
  STRING: 1,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME: 7,
  TIMESTAMP: 8,
  INTEGER: 10,
  UNKNOWN: 11,
  JSON: 12,
  UUID: 14,
  FLOAT16: 15,
} as const;

const UNIT_NS = { 1: 1_000_000n, 2: 1_000n, 3: 1n } as const;
const UNIT_NAME = { 1: 'MILLISECOND', 2: 'MICROSECOND', 3: 'NANOSECOND' } as const;

/** The kind of a column whose pages are read here, named as Arrow does; null for those that the general decoder reads. */
export function nativeKind(column: ParquetColumn, groups: readonly ParquetGroup[]): ColumnKind | null {
  if (column.physical === null || column.repetition === 'repeated') return null;
  const kind = typeKind(column);
  return kind !== null && groups.every((group) => isReadable(group, group.chunks.get(column.name))) ? kind : null;
}

const ENCODINGS = new Set<number>(Object.values(ENCODING));

function isReadable(group: ParquetGroup, chunk: ParquetChunk | undefined): boolean {
  return (
    chunk !== undefined &&
    chunk.values === group.rows &&
    isKnownCodec(chunk.codec) &&
    chunk.encodings.every((encoding) => ENCODINGS.has(encoding))
  );
}

function typeKind(column: ParquetColumn): ColumnKind | null {
  const { physical, converted, logical } = column;
  const field = logical === null ? undefined : Number(Object.keys(logical)[0]);
  const isPlain = converted === null && field === undefined;
  if (field === LOGICAL.UNKNOWN) return kindOf('null', 'opaque', 'Null');
  if (field === LOGICAL.DECIMAL || (field === undefined && converted === CONVERTED.DECIMAL)) return decimalKind(column);
  switch (physical) {
    case 'BOOLEAN':
      return isPlain ? kindOf('boolean', 'number', 'Bool') : null;
    case 'FLOAT':
      return isPlain ? kindOf('number', 'number', 'Float32', { floating: true, single: true }) : null;
    case 'DOUBLE':
      return isPlain ? kindOf('number', 'number', 'Float64', { floating: true }) : null;
    case 'BYTE_ARRAY':
      if (isPlain) return kindOf('binary', 'text', 'Binary');
      if (field === LOGICAL.STRING || field === LOGICAL.ENUM || field === LOGICAL.JSON)
        return kindOf('text', 'text', 'Utf8');
      return field === undefined &&
        (converted === CONVERTED.UTF8 || converted === CONVERTED.ENUM || converted === CONVERTED.JSON)
        ? kindOf('text', 'text', 'Utf8')
        : null;
    case 'INT32':
      if (field === LOGICAL.DATE || (field === undefined && converted === CONVERTED.DATE)) {
        return kindOf('date', 'number', 'Date32<DAY>', { unitNs: 86_400_000_000_000n });
      }
      return timeOfDayKind(logical, converted, 1) ?? integerKind(32, converted, field);
    case 'INT64': {
      const time = timestampKind(logical, converted) ?? timeOfDayKind(logical, converted, 2);
      return time ?? integerKind(64, converted, field);
    }
    case 'INT96':
      return isPlain ? kindOf('instant', 'wide', 'Timestamp<NANOSECOND>') : null;
    case 'FIXED':
      if (field === LOGICAL.FLOAT16) {
        return column.typeLength === 2 ? kindOf('number', 'number', 'Float16', { floating: true }) : null;
      }
      return isPlain || (field === LOGICAL.UUID && column.typeLength === 16)
        ? fixedBinaryKind(column.typeLength)
        : null;
    case null:
      return null;
    default:
      return physical satisfies never;
  }
}

/** Decimals have 128 bits as Arrow has them, or 256 where that does not suffice. */
function decimalKind({ physical, typeLength, precision, scale }: ParquetColumn): ColumnKind | null {
  if (physical === 'FIXED' ? typeLength > 32 : !['INT32', 'INT64', 'BYTE_ARRAY'].includes(physical!)) return null;
  if (precision === 0 || precision > 76 || scale > precision) return null;
  const stride = precision <= 38 && (physical !== 'FIXED' || typeLength <= 16) ? 4 : 8;
  return kindOf('decimal', 'wide', `Decimal[${precision}e${scale > 0 ? '+' : ''}${scale}]`, { stride, scale });
}

/** @param words 32-bit words a value: one for milliseconds, two for finer units */
function timeOfDayKind(logical: ParquetColumn['logical'], converted: number | null, words: 1 | 2): ColumnKind | null {
  const unit =
    unitOf(logical?.[LOGICAL.TIME]) ??
    (logical !== null
      ? undefined
      : converted === CONVERTED.TIME_MILLIS
        ? 1
        : converted === CONVERTED.TIME_MICROS
          ? 2
          : undefined);
  if (unit === undefined || (unit === 1) !== (words === 1)) return null;
  const name = `Time${words * 32}<${UNIT_NAME[unit]}>`;
  return kindOf('time', words === 1 ? 'number' : 'wide', name, { unitNs: UNIT_NS[unit] });
}

/** The unit of a logical type of times: 1 milliseconds, 2 microseconds, 3 nanoseconds. */
function unitOf(type: ThriftValue | undefined): 1 | 2 | 3 | undefined {
  if (typeof type !== 'object' || Array.isArray(type) || type instanceof Uint8Array) return undefined;
  const units = (type as Record<number, object | undefined>)[2] ?? {};
  return ([1, 2, 3] as const).find((candidate) => candidate in units);
}

/** Converted types 11 to 14 are unsigned integers of 8 to 64 bits, 15 to 18 signed ones; others are no integers. */
function integerKind(bits: 32 | 64, converted: number | null, logical: number | undefined): ColumnKind | null {
  if (logical !== undefined && logical !== LOGICAL.INTEGER) return null;
  if (converted !== null && (converted < 11 || converted > 18)) return null;
  // Newer writers may leave the converted type out; then the sign is in the logical type, which the general decoder knows.
  if (logical === LOGICAL.INTEGER && converted === null) return null;
  const unsigned = converted !== null && converted <= 14;
  const width = converted === null ? bits : 8 << ((converted - 11) % 4);
  const name = `${unsigned ? 'Uint' : 'Int'}${width}`;
  return bits === 64 ? kindOf('integer', 'wide', name, { unsigned }) : kindOf('number', 'number', name, { unsigned });
}

function timestampKind(logical: ParquetColumn['logical'], converted: number | null): ColumnKind | null {
  let unit = unitOf(logical?.[LOGICAL.TIMESTAMP]);
  if (logical === null && converted === CONVERTED.TIMESTAMP_MILLIS) unit = 1;
  else if (logical === null && converted === CONVERTED.TIMESTAMP_MICROS) unit = 2;
  if (unit === undefined) return null;
  return kindOf('instant', 'wide', `Timestamp<${UNIT_NAME[unit]}>`, { unitNs: UNIT_NS[unit] });
}
