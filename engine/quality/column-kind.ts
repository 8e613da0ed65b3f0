/** What the values of a column mean, as far as checks care. `null`: it has no value at all, and the file does not tell of which type it is. */
export type Domain =
  'number' | 'boolean' | 'integer' | 'decimal' | 'instant' | 'date' | 'time' | 'text' | 'binary' | 'null' | 'other';

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
  /** Nanoseconds of one unit, for instants, dates and times of day. */
  readonly unitNs: bigint;
  /** Whether values can be NaN or infinite. */
  readonly floating: boolean;
  /** Whether values have only single precision, so that literals are rounded to it before they are compared. */
  readonly single: boolean;
  /** Arrow’s name of the type, for messages. */
  readonly name: string;
}

/** A column of a file. */
export interface Field {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Whether the file declares that there may be nulls. */
  readonly nullable: boolean;
}

/** A kind with what is usual for the fields that are not given. */
export function kindOf(domain: Domain, layout: Layout, name: string, more: Partial<ColumnKind> = {}): ColumnKind {
  return {
    domain,
    layout,
    stride: 2,
    unsigned: false,
    scale: 0,
    unitNs: 1n,
    floating: false,
    single: false,
    name,
    ...more,
  };
}

/** The kind of bytes of one length: words where it is a multiple of theirs, else as texts. */
export function fixedBinaryKind(bytes: number): ColumnKind {
  const name = `FixedSizeBinary[${bytes}]`;
  const isWords = bytes > 0 && bytes % 4 === 0;
  return isWords ? kindOf('binary', 'wide', name, { stride: bytes / 4 }) : kindOf('binary', 'text', name);
}

/** Family of a kind in the words of a suite, as `column_type` takes them. */
export function familyOf(kind: ColumnKind): string {
  if (kind.domain === 'instant') return 'timestamp';
  if (kind.domain === 'number') return kind.floating ? 'float' : 'integer';
  return kind.domain;
}

/** Whether a column is of the type that a suite names: a family, `number` for each family of numbers, or the exact type. */
export function isOfType({ family, type }: { family: string; type: string }, dataType: string): boolean {
  const wanted = dataType.toLowerCase();
  if (wanted === 'number') return family === 'integer' || family === 'float' || family === 'decimal';
  // Where there is no value at all, none contradicts.
  if (family === 'null') return true;
  return wanted === family || wanted === type.toLowerCase();
}
