import { nearestName } from '../../schemas/nearest.js';

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

const FAMILIES = ['integer', 'float', 'number', 'decimal', 'boolean', 'text', 'date', 'time', 'timestamp', 'binary'];

/** Names with which Arrow’s types begin; what follows in brackets tells more. */
const TYPE_NAMES = [
  ...['Null', 'Bool', 'Int8', 'Int16', 'Int32', 'Int64', 'Uint8', 'Uint16', 'Uint32', 'Uint64', 'Float16', 'Float32'],
  ...['Float64', 'Decimal', 'Date32', 'Date64', 'Time32', 'Time64', 'Timestamp', 'Duration', 'Interval', 'Utf8'],
  ...['LargeUtf8', 'Utf8View', 'Binary', 'LargeBinary', 'BinaryView', 'FixedSizeBinary', 'List', 'LargeList'],
  ...[
    'ListView',
    'LargeListView',
    'FixedSizeList',
    'Struct',
    'Map',
    'Union',
    'DenseUnion',
    'SparseUnion',
    'Dictionary',
  ],
  ...['RunEndEncoded', 'Int', 'Float', 'Date', 'Time'],
];

/** Names of other tools that mean one type or family. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ string: 'text', str: 'text', varchar: 'text', char: 'text', object: 'text' },
  ...{ bigint: 'Int64', smallint: 'Int16', tinyint: 'Int8', long: 'Int64', double: 'Float64', real: 'Float32' },
  ...{ halffloat: 'Float16', large_string: 'LargeUtf8', string_view: 'Utf8View', large_binary: 'LargeBinary' },
  ...{ datetime: 'timestamp', numeric: 'number', bytes: 'binary', blob: 'binary' },
};

const UNITS: Readonly<Record<string, string>> = {
  ...{ s: 'second', ms: 'millisecond', us: 'microsecond', ns: 'nanosecond', day: 'day' },
};

/** The name of a type in lower case, as it is here where it is one of pyarrow, Polars or SQL, such as `double` or `timestamp[us, tz=UTC]`. */
function nameHere(dataType: string): string {
  const name = dataType.toLowerCase();
  const [, head = '', unit = '', zone] = /^([a-z]+\d*)\[(s|ms|us|ns|day)(?:, ?tz=([^\]]+))?\]$/.exec(name) ?? [];
  if (unit !== '') return `${head}<${UNITS[unit]}${zone === undefined ? '' : `, ${zone}`}>`;
  const [, precision, digits] = /^(?:decimal(?:128|256)?|numeric)\((\d+), ?(\d+)\)$/.exec(name) ?? [];
  if (precision !== undefined) return `decimal[${precision}e+${digits}]`;
  return (OTHER_NAMES[name] ?? name).toLowerCase();
}

/** What is wrong with the name of a type in a suite: no column could be of it. Undefined where nothing is. */
export function typeNameProblem(dataType: string): string | undefined {
  const wanted = nameHere(dataType);
  const head = /^[a-z]+\d*(view)?/.exec(wanted)?.[0];
  if (FAMILIES.includes(wanted) || TYPE_NAMES.some((name) => name.toLowerCase() === head)) return undefined;
  const nearest = nearestName(dataType, [...FAMILIES, ...TYPE_NAMES]);
  const remedy = nearest === undefined ? `; a family is one of ${FAMILIES.join(', ')}` : `; did you mean "${nearest}"?`;
  return `is no known type: ${JSON.stringify(dataType)}${remedy}`;
}

/** Whether a column is of the type that a suite names: a family, `number` for each family of numbers, or the exact type. */
export function isOfType({ family, type }: { family: string; type: string }, dataType: string): boolean {
  const wanted = nameHere(dataType);
  if (wanted === 'number') return family === 'integer' || family === 'float' || family === 'decimal';
  // Where there is no value at all, none contradicts.
  if (family === 'null') return true;
  return wanted === family || wanted === type.toLowerCase();
}
