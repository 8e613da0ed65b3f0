import { DataType, DateUnit, Precision, TimeUnit } from 'apache-arrow';

/** What the values of a column mean, as far as checks care. */
export type Domain = 'number' | 'boolean' | 'integer' | 'decimal' | 'instant' | 'date' | 'text' | 'binary' | 'other';

/**
 * How kernels see the values. `number`: doubles (integers up to 32 bits, floats, booleans as 0 and 1, days). `wide`: little-endian
 * 32-bit words, `stride` of them a value. `text`: bytes between offsets. `opaque`: validity alone.
 */
export type Layout = 'number' | 'wide' | 'text' | 'opaque';

/** Type of a column in the terms of the kernels; of a dictionary column, that of its values. */
export interface ColumnKind {
  readonly domain: Domain;
  readonly layout: Layout;
  /** 32-bit words a value, for `wide`. */
  readonly stride: number;
  /** Whether the highest bit of a `wide` value is a digit rather than the sign. */
  readonly unsigned: boolean;
  /** Digits after the point, for decimals. */
  readonly scale: number;
  /** Nanoseconds of one unit, for instants and dates. */
  readonly unitNs: bigint;
  /** Whether values have only single precision, so that literals are rounded to it before they are compared. */
  readonly single: boolean;
  /** Arrow’s name of the type, for messages. */
  readonly name: string;
}

const NS_PER_MS = 1_000_000n;
const UNIT_NS = {
  [TimeUnit.SECOND]: 1_000_000_000n,
  [TimeUnit.MILLISECOND]: NS_PER_MS,
  [TimeUnit.MICROSECOND]: 1_000n,
  [TimeUnit.NANOSECOND]: 1n,
} as const;

/** Translates an Arrow type. */
export function columnKind(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return { ...columnKind(type.dictionary as DataType), name: nameOf(type) };
  const kind = (domain: Domain, layout: Layout, more: Partial<ColumnKind> = {}): ColumnKind => ({
    domain,
    layout,
    stride: 2,
    unsigned: false,
    scale: 0,
    unitNs: 1n,
    single: false,
    name: nameOf(type),
    ...more,
  });
  if (DataType.isBool(type)) return kind('boolean', 'number');
  if (DataType.isInt(type)) {
    return type.bitWidth === 64 ? kind('integer', 'wide', { unsigned: !type.isSigned }) : kind('number', 'number');
  }
  if (DataType.isFloat(type)) return kind('number', 'number', { single: type.precision === Precision.SINGLE });
  if (DataType.isDecimal(type)) return kind('decimal', 'wide', { stride: type.bitWidth / 32, scale: type.scale });
  if (DataType.isTimestamp(type)) return kind('instant', 'wide', { unitNs: UNIT_NS[type.unit] });
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY
      ? kind('date', 'number', { unitNs: 86_400_000n * NS_PER_MS })
      : kind('date', 'wide', { unitNs: NS_PER_MS });
  }
  if (DataType.isTime(type)) return type.bitWidth === 64 ? kind('other', 'wide') : kind('other', 'number');
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return kind('text', 'text');
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) {
    return kind('binary', 'text');
  }
  if (DataType.isFixedSizeBinary(type) && type.byteWidth % 4 === 0) {
    return kind('binary', 'wide', { stride: type.byteWidth / 4 });
  }
  return kind('other', 'opaque');
}

/** Arrow’s types write themselves as text, though their base class does not declare it. */
function nameOf(type: { toString(): string }): string {
  return type.toString();
}
