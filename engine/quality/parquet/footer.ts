import { readStruct, type ThriftStruct, type ThriftValue } from './thrift.js';

/** Physical types by their number in the format. */
export const PHYSICAL = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED'] as const;
export type Physical = (typeof PHYSICAL)[number];

/** Encodings that matter here, by their number in the format. */
export const ENCODING = { PLAIN: 0, PLAIN_DICTIONARY: 2, RLE: 3, BIT_PACKED: 4, RLE_DICTIONARY: 8 } as const;

/** A column at the top level of the schema. */
export interface ParquetColumn {
  name: string;
  /** Null for groups: lists, maps and structs. */
  physical: Physical | null;
  repetition: 'required' | 'optional' | 'repeated';
  /** Number of the converted type of the format, null where there is none. */
  converted: number | null;
  /** Bytes of a value, for the type of fixed length. */
  typeLength: number;
  /** Digits in all and after the point, for decimals. */
  precision: number;
  scale: number;
  /** The logical type: a union with one field by its number. */
  logical: ThriftStruct | null;
}

/** The pages of one column in one row group. */
export interface ParquetChunk {
  codec: number;
  values: number;
  encodings: number[];
  start: number;
  bytes: number;
  hasDictionary: boolean;
  nulls: number | null;
  /** Whether each data page is known to hold codes of the dictionary; null where it is not told. */
  onlyCodes: boolean | null;
}

/** A run of rows. */
export interface ParquetGroup {
  rows: number;
  /** By the name of the column; groups’ leaves are left out. */
  chunks: ReadonlyMap<string, ParquetChunk>;
  /** Of lists, maps and structs, those of their leaves, by the name of the column. */
  leaves: ReadonlyMap<string, readonly ParquetChunk[]>;
}

/**
 * Key in the metadata of files that were made of text, whose columns without values have no type. Its value is the list of their names as
 * the text has them, as JSON: a database that made the file takes no two that differ in case alone.
 */
export const FROM_TEXT = 'millrace_from_text';

export interface ParquetFooter {
  /** Whether the file was made of text. */
  isFromText: boolean;
  rows: number;
  columns: ParquetColumn[];
  groups: ParquetGroup[];
}

const MAGIC = 'PAR1';
/** The same of a file whose footer is encrypted. */
const ENCRYPTED_MAGIC = 'PARE';
const ENCRYPTED = 'it is encrypted, and keys cannot be given; decrypt it first';

/** Bytes at the end of a file that tell where its footer is. */
export const TAIL_BYTES = 8;

/**
 * Length of the footer by the last 8 bytes of a file.
 * @throws RangeError where they are not those of Parquet
 */
export function footerLength(tail: Uint8Array, fileBytes: number): number {
  const buffer = Buffer.from(tail);
  const magic = buffer.toString('latin1', 4, 8);
  if (magic === ENCRYPTED_MAGIC) throw new RangeError(ENCRYPTED);
  if (magic !== MAGIC) throw new RangeError('it does not end as Parquet does');
  const length = buffer.readUInt32LE(0);
  if (length + TAIL_BYTES + MAGIC.length > fileBytes) throw new RangeError('its footer is longer than the file');
  return length;
}

/**
 * Reads a footer.
 * @throws RangeError where it is malformed or contradicts itself
 */
export function parseFooter(bytes: Uint8Array, fileBytes: number): ParquetFooter {
  const { value } = readStruct(bytes, 0);
  if (value[8] !== undefined) throw new RangeError(ENCRYPTED);
  const stored = columnsOf(list(value[2]).map(struct));
  const ofText = list(value[5] ?? []).find((entry) => text(struct(entry)[1]) === FROM_TEXT);
  const isFromText = ofText !== undefined;
  const names = isFromText ? namesOfText(struct(ofText)[2], stored.length) : undefined;
  const columns = names === undefined ? stored : stored.map((column, i) => ({ ...column, name: names[i]! }));
  const renamed = new Map(stored.map(({ name }, i) => [name, columns[i]!.name]));
  const groups = list(value[4]).map((group) => groupOf(struct(group), fileBytes, renamed));
  const rows = whole(value[3]);
  if (groups.reduce((sum, group) => sum + group.rows, 0) !== rows) {
    throw new RangeError('its footer contradicts itself in the number of rows');
  }
  return { isFromText, rows, columns, groups };
}

/** The names that a text had; undefined where they do not fit. */
function namesOfText(value: ThriftValue | undefined, columns: number): string[] | undefined {
  if (value === undefined) return undefined;
  const names: unknown = JSON.parse(text(value));
  const fit = Array.isArray(names) && names.length === columns && names.every((name) => typeof name === 'string');
  return fit ? names : undefined;
}

function columnsOf(elements: readonly ThriftStruct[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  const root = elements[0];
  if (root === undefined) throw new RangeError('its schema is empty');
  let at = 1;
  for (let i = whole(root[5] ?? 0); i > 0; i--) {
    const element = elements[at];
    if (element === undefined) throw new RangeError('its schema is cut off');
    const isGroup = element[1] === undefined;
    columns.push({
      name: text(element[4]),
      physical: isGroup ? null : (PHYSICAL[whole(element[1])] ?? null),
      repetition: (['required', 'optional', 'repeated'] as const)[whole(element[3] ?? 0)] ?? 'repeated',
      typeLength: whole(element[2] ?? 0),
      precision: whole(element[8] ?? 0),
      scale: whole(element[7] ?? 0),
      converted: element[6] === undefined ? null : whole(element[6]),
      logical: element[10] === undefined ? null : struct(element[10]),
    });
    at = afterElement(elements, at);
  }
  return columns;
}

/** Position after an element and all of its children. */
function afterElement(elements: readonly ThriftStruct[], at: number): number {
  let open = 1;
  let next = at;
  while (open > 0) {
    const element = elements[next++];
    if (element === undefined) throw new RangeError('its schema is cut off');
    open += whole(element[5] ?? 0) - 1;
  }
  return next;
}

function groupOf(group: ThriftStruct, fileBytes: number, renamed: ReadonlyMap<string, string>): ParquetGroup {
  const chunks = new Map<string, ParquetChunk>();
  const leaves = new Map<string, ParquetChunk[]>();
  for (const entry of list(group[1])) {
    const meta = struct(entry)[3];
    if (meta === undefined) continue;
    const path = list(struct(meta)[3]);
    const stored = text(path[0]);
    const name = renamed.get(stored) ?? stored;
    const chunk = chunkOf(struct(meta), fileBytes);
    if (path.length === 1) chunks.set(name, chunk);
    else if (leaves.get(name)?.push(chunk) === undefined) leaves.set(name, [chunk]);
  }
  return { rows: whole(group[3]), chunks, leaves };
}

function chunkOf(meta: ThriftStruct, fileBytes: number): ParquetChunk {
  const data = whole(meta[9]);
  // Some writers give 0 for a dictionary that is not there, some leave out the position of one that is.
  const told = whole(meta[11] ?? 0);
  // And without rows there may be a dictionary alone.
  const dictionary = told === 0 ? data : data === 0 ? told : Math.min(data, told);
  const bytes = whole(meta[7]);
  if (dictionary + bytes > fileBytes) throw new RangeError('its footer points past the end of the file');
  const statistics = meta[12] === undefined ? null : struct(meta[12]);
  const nulls = statistics?.[3];
  const encodings = list(meta[2]).map(whole);
  return {
    codec: whole(meta[4]),
    values: whole(meta[5]),
    encodings,
    start: dictionary,
    bytes,
    hasDictionary: encodings.some(isDictionary),
    nulls: nulls === undefined ? null : whole(nulls),
    onlyCodes: meta[13] === undefined ? null : onlyCodes(list(meta[13]).map(struct)),
  };
}

/** From the counts of pages by type (0 and 3 hold data) and encoding. */
function onlyCodes(statistics: readonly ThriftStruct[]): boolean {
  const data = statistics.filter((entry) => entry[1] === 0 || entry[1] === 3);
  return data.length > 0 && data.every((entry) => isDictionary(whole(entry[2])));
}

/** Whether an encoding is that of codes of a dictionary. */
export function isDictionary(encoding: number): boolean {
  return encoding === ENCODING.PLAIN_DICTIONARY || encoding === ENCODING.RLE_DICTIONARY;
}

/** A whole number that is not negative. */
export function whole(value: ThriftValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new RangeError('its metadata is malformed');
  }
  return value;
}

/** A struct. */
export function struct(value: ThriftValue | undefined): ThriftStruct {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) {
    throw new RangeError('its metadata is malformed');
  }
  return value;
}

function list(value: ThriftValue | undefined): ThriftValue[] {
  if (!Array.isArray(value)) throw new RangeError('its metadata is malformed');
  return value;
}

function text(value: ThriftValue | undefined): string {
  if (!(value instanceof Uint8Array)) throw new RangeError('its metadata is malformed');
  return Buffer.from(value).toString('utf8');
}
