import { kindOf, type ColumnKind } from '../column-kind.js';
import { ENCODING, type ParquetChunk, type ParquetColumn, type ParquetGroup } from './footer.js';
import { isKnownCodec } from './codecs.js';

/** Converted types of the format that are read here. */
const CONVERTED = { UTF8: 0, ENUM: 4, DATE: 6, TIMESTAMP_MILLIS: 9, TIMESTAMP_MICROS: 10, JSON: 19 } as const;

/** Fields of the union of logical types. */
const LOGICAL = { STRING: 1, ENUM: 4, DATE: 6, TIMESTAMP: 8, INTEGER: 10, JSON: 12 } as const;

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

function typeKind({ physical, converted, logical }: ParquetColumn): ColumnKind | null {
  const field = logical === null ? undefined : Number(Object.keys(logical)[0]);
  const isPlain = converted === null && field === undefined;
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
      return integerKind(32, converted, field);
    case 'INT64': {
      const time = timestampKind(logical, converted);
      return time ?? integerKind(64, converted, field);
    }
    case 'INT96':
    case 'FIXED':
    case null:
      return null;
    default:
      return physical satisfies never;
  }
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
  const timestamp = logical?.[LOGICAL.TIMESTAMP];
  let unit: 1 | 2 | 3 | undefined;
  if (timestamp !== undefined && typeof timestamp === 'object' && !Array.isArray(timestamp)) {
    const units = (timestamp as Record<number, object | undefined>)[2] ?? {};
    unit = ([1, 2, 3] as const).find((candidate) => candidate in units);
  } else if (logical === null && converted === CONVERTED.TIMESTAMP_MILLIS) unit = 1;
  else if (logical === null && converted === CONVERTED.TIMESTAMP_MICROS) unit = 2;
  if (unit === undefined) return null;
  return kindOf('instant', 'wide', `Timestamp<${UNIT_NAME[unit]}>`, { unitNs: UNIT_NS[unit] });
}
