import { fixedBinaryKind, kindOf, type ColumnKind, type Domain, type Layout } from '../column-kind.js';
import { type FlatTable } from './flatbuffer.js';

/** Types by their number in Arrow’s Schema.fbs. */
export const TYPE = {
  NULL: 1,
  INT: 2,
  FLOAT: 3,
  BINARY: 4,
  UTF8: 5,
  BOOL: 6,
  DECIMAL: 7,
  DATE: 8,
  TIME: 9,
  TIMESTAMP: 10,
  INTERVAL: 11,
  LIST: 12,
  STRUCT: 13,
  UNION: 14,
  FIXED_BINARY: 15,
  FIXED_LIST: 16,
  MAP: 17,
  DURATION: 18,
  LARGE_BINARY: 19,
  LARGE_UTF8: 20,
  LARGE_LIST: 21,
  RUN_END_ENCODED: 22,
  BINARY_VIEW: 23,
  UTF8_VIEW: 24,
  LIST_VIEW: 25,
  LARGE_LIST_VIEW: 26,
} as const;

/** A column of an Arrow schema, or a part of one. */
export interface IpcField {
  name: string;
  nullable: boolean;
  type: number;
  /** Bits of a value: of integers, floats, decimals and times. */
  bits: number;
  signed: boolean;
  /** Bytes of a value of fixed length. */
  byteWidth: number;
  isDenseUnion: boolean;
  /** Where values are codes: the number of the dictionary, and the width of a code. */
  dictionary: { id: number; bits: number; signed: boolean } | null;
  children: IpcField[];
  /** Of a dictionary column, that of its values. */
  kind: ColumnKind;
}

/** Nesting deeper than this is refused. */
const MAX_DEPTH = 100;

/**
 * Reads the columns of a schema.
 * @throws RangeError where it is malformed, or of a kind that is not read
 */
export function fieldsOfSchema(schema: FlatTable): IpcField[] {
  if (schema.short(0) !== 0) throw new RangeError('its numbers are big-endian');
  return schema.tables(1).map((field) => fieldOf(field, 0));
}

function fieldOf(table: FlatTable, depth: number): IpcField {
  if (depth > MAX_DEPTH) throw new RangeError(`its types are nested deeper than ${MAX_DEPTH}`);
  const name = table.text(0);
  if (name === undefined && depth === 0) throw new RangeError('a column has no name');
  const type = table.byte(2);
  const details = table.table(3);
  const encoding = table.table(4);
  const index = encoding?.table(1);
  const field: IpcField = {
    name: name ?? '',
    nullable: table.byte(1) !== 0,
    type,
    bits: 0,
    signed: true,
    byteWidth: 0,
    isDenseUnion: type === TYPE.UNION && details?.short(0) === 1,
    dictionary:
      encoding === undefined
        ? null
        : { id: encoding.long(0), bits: index?.int(0, 32) ?? 32, signed: index === undefined || index.byte(1) !== 0 },
    children: table.tables(5).map((child) => fieldOf(child, depth + 1)),
    kind: kindOf('other', 'opaque', ''),
  };
  field.kind = kindOfType(field, details);
  const { dictionary, kind } = field;
  if (dictionary !== null) {
    const codes = `${dictionary.signed ? 'I' : 'Ui'}nt${dictionary.bits}`;
    field.kind = { ...kind, name: `Dictionary<${codes}, ${kind.name}>` };
  }
  return field;
}

const NS = [1_000_000_000n, 1_000_000n, 1_000n, 1n] as const;
const UNITS = ['SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND'] as const;
const DAY_NS = 86_400_000_000_000n;

/** The kind of a type, with the name that Arrow’s own library gives it; also sets the widths of the field. */
function kindOfType(field: IpcField, details: FlatTable | undefined): ColumnKind {
  const { type, children } = field;
  const parts = children.map(({ name, kind }) => `${name}:${kind.name}`).join(', ');
  const kinds = children.map(({ kind }) => kind);
  const kind = (domain: Domain, layout: Layout, name: string, more: Partial<ColumnKind> = {}) =>
    kindOf(domain, layout, name, more);
  const opaque = (name: string) => kind('other', 'opaque', name);
  const unit = (missing: number) => {
    const value = details?.short(0, missing) ?? missing;
    if (!(value in UNITS)) throw new RangeError('its metadata is malformed');
    return { unitNs: NS[value]!, name: UNITS[value]! };
  };
  switch (type) {
    case TYPE.NULL:
      return kind('null', 'opaque', 'Null');
    case TYPE.INT: {
      field.bits = oneOf(details?.int(0), [8, 16, 32, 64]);
      field.signed = details?.byte(1) !== 0;
      const name = `${field.signed ? 'I' : 'Ui'}nt${field.bits}`;
      return field.bits === 64
        ? kind('integer', 'wide', name, { unsigned: !field.signed })
        : kind('number', 'number', name);
    }
    case TYPE.FLOAT: {
      const precision = details?.short(0) ?? 0;
      field.bits = oneOf(16 << precision, [16, 32, 64]);
      return kind('number', 'number', `Float${field.bits}`, { floating: true, single: precision === 1 });
    }
    case TYPE.BOOL:
      return kind('boolean', 'number', 'Bool');
    case TYPE.DECIMAL: {
      const [precision, scale] = [details?.int(0) ?? 0, details?.int(1) ?? 0];
      field.bits = oneOf(details?.int(2, 128), [32, 64, 128, 256]);
      return kind('decimal', 'wide', `Decimal[${precision}e${scale > 0 ? '+' : ''}${scale}]`, {
        stride: field.bits / 32,
        scale,
      });
    }
    case TYPE.DATE: {
      field.bits = oneOf(((details?.short(0, 1) ?? 1) + 1) * 32, [32, 64]);
      return field.bits === 32
        ? kind('date', 'number', 'Date32<DAY>', { unitNs: DAY_NS })
        : kind('date', 'wide', 'Date64<MILLISECOND>', { unitNs: 1_000_000n });
    }
    case TYPE.TIME: {
      field.bits = oneOf(details?.int(1, 32), [32, 64]);
      const { unitNs, name } = unit(1);
      return kind('time', field.bits === 32 ? 'number' : 'wide', `Time${field.bits}<${name}>`, { unitNs });
    }
    case TYPE.TIMESTAMP: {
      field.bits = 64;
      const { unitNs, name } = unit(0);
      const zone = details?.text(1);
      return kind('instant', 'wide', `Timestamp<${name}${zone === undefined ? '' : `, ${zone}`}>`, { unitNs });
    }
    case TYPE.DURATION:
      field.bits = 64;
      return kind('integer', 'wide', `Duration<${unit(1).name}>`);
    case TYPE.INTERVAL:
      return opaque(`Interval<${['YEAR_MONTH', 'DAY_TIME', 'MONTH_DAY_NANO'][details?.short(0) ?? 0]}>`);
    case TYPE.FIXED_BINARY:
      field.byteWidth = details?.int(0) ?? 0;
      if (field.byteWidth < 0) throw new RangeError('its metadata is malformed');
      return fixedBinaryKind(field.byteWidth);
    case TYPE.UTF8:
      return kind('text', 'text', 'Utf8');
    case TYPE.LARGE_UTF8:
      return kind('text', 'text', 'LargeUtf8');
    case TYPE.UTF8_VIEW:
      return kind('text', 'text', 'Utf8View');
    case TYPE.BINARY:
      return kind('binary', 'text', 'Binary');
    case TYPE.LARGE_BINARY:
      return kind('binary', 'text', 'LargeBinary');
    case TYPE.BINARY_VIEW:
      return kind('binary', 'text', 'BinaryView');
    case TYPE.RUN_END_ENCODED:
      // As the values, since how they are stored is of no concern to checks.
      if (children.length !== 2) throw new RangeError('its metadata is malformed');
      return kinds[1]!;
    case TYPE.LIST:
      return opaque(`List<${kinds[0]?.name}>`);
    case TYPE.LARGE_LIST:
      return opaque(`LargeList<${kinds[0]?.name}>`);
    case TYPE.LIST_VIEW:
      return opaque(`ListView<${kinds[0]?.name}>`);
    case TYPE.LARGE_LIST_VIEW:
      return opaque(`LargeListView<${kinds[0]?.name}>`);
    case TYPE.FIXED_LIST:
      return opaque(`FixedSizeList[${details?.int(0)}]<${kinds[0]?.name}>`);
    case TYPE.STRUCT:
      return opaque(`Struct<{${parts}}>`);
    case TYPE.MAP:
      return opaque(
        `Map<{${(children[0]?.children ?? []).map((child) => `${child.name}:${child.kind.name}`).join(', ')}}>`,
      );
    case TYPE.UNION:
      return opaque(`${field.isDenseUnion ? 'Dense' : 'Sparse'}Union<${kinds.map(({ name }) => name).join(' | ')}>`);
    default:
      throw new RangeError(`a column is of a type that is not known (${type})`);
  }
}

function oneOf(value: number | undefined, allowed: readonly number[]): number {
  if (value === undefined || !allowed.includes(value)) throw new RangeError('its metadata is malformed');
  return value;
}
