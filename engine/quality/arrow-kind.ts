import { DataType, DateUnit, Precision, TimeUnit, type Schema } from 'apache-arrow';
import { fixedBinaryKind, kindOf, type ColumnKind, type Domain, type Field, type Layout } from './column-kind.js';

const NS_PER_MS = 1_000_000n;
const UNIT_NS = {
  [TimeUnit.SECOND]: 1_000_000_000n,
  [TimeUnit.MILLISECOND]: NS_PER_MS,
  [TimeUnit.MICROSECOND]: 1_000n,
  [TimeUnit.NANOSECOND]: 1n,
} as const;

/** The columns of an Arrow schema. */
export function fieldsOf(schema: Schema): Field[] {
  return schema.fields.map(({ name, type, nullable }) => ({ name, kind: columnKind(type as DataType), nullable }));
}

/** Translates an Arrow type. */
export function columnKind(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return { ...columnKind(type.dictionary as DataType), name: nameOf(type) };
  const kind = (domain: Domain, layout: Layout, more: Partial<ColumnKind> = {}) =>
    kindOf(domain, layout, nameOf(type), more);
  if (DataType.isNull(type)) return kind('null', 'opaque');
  if (DataType.isBool(type)) return kind('boolean', 'number');
  if (DataType.isInt(type)) {
    return type.bitWidth === 64 ? kind('integer', 'wide', { unsigned: !type.isSigned }) : kind('number', 'number');
  }
  if (DataType.isFloat(type)) {
    return kind('number', 'number', { floating: true, single: type.precision === Precision.SINGLE });
  }
  if (DataType.isDecimal(type)) return kind('decimal', 'wide', { stride: type.bitWidth / 32, scale: type.scale });
  if (DataType.isTimestamp(type)) return kind('instant', 'wide', { unitNs: UNIT_NS[type.unit] });
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY
      ? kind('date', 'number', { unitNs: 86_400_000n * NS_PER_MS })
      : kind('date', 'wide', { unitNs: NS_PER_MS });
  }
  if (DataType.isTime(type))
    return kind('time', type.bitWidth === 64 ? 'wide' : 'number', { unitNs: UNIT_NS[type.unit] });
  // As Parquet has it: a number of units.
  if (DataType.isDuration(type)) return kind('integer', 'wide');
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return kind('text', 'text');
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) {
    return kind('binary', 'text');
  }
  if (DataType.isFixedSizeBinary(type)) return fixedBinaryKind(type.byteWidth);
  return kind('other', 'opaque');
}

/** Arrow’s types write themselves as text, though their base class does not declare it. */
function nameOf(type: { toString(): string }): string {
  return type.toString();
}
