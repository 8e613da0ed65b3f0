import { readSync } from 'node:fs';
import { FlatTable } from './flatbuffer.js';

/** Kinds of messages by their number in Arrow’s Message.fbs. */
export const HEADER = { SCHEMA: 1, DICTIONARY: 2, RECORDS: 3 } as const;

const MAGIC = 'ARROW1';

/** Larger metadata is refused; those of a batch of 100,000 columns have some megabytes. */
const MAX_METADATA_BYTES = 256 << 20;

/** A message, and where its body lies in the file. */
export interface Message {
  type: number;
  version: number;
  header: FlatTable;
  bodyAt: number;
  bodyLength: number;
}

/** What a file or a stream of Arrow IPC is made of. */
export interface IpcParts {
  schema: FlatTable;
  /** Of a file the dictionaries that its index names; a stream has them among its messages. */
  dictionaries: readonly Message[];
  /** Of a file where its batches are; null for a stream, which is read in order from `start`. */
  batches: readonly number[] | null;
  start: number;
}

/**
 * Looks at how a file begins and ends. A file has an index at its end, which is asked; what lies before it need not be a stream.
 * @throws RangeError where it is cut off or malformed
 */
export function partsOf(descriptor: number, size: number): IpcParts {
  const isFile = size >= 8 && bytesAt(descriptor, 0, 6).toString('latin1') === MAGIC;
  if (!isFile) {
    const first = messageAt(descriptor, 0, size);
    if (first?.message.type !== HEADER.SCHEMA) throw new RangeError('it has no schema');
    return { schema: first.message.header, dictionaries: [], batches: null, start: first.next };
  }
  if (size < 22) throw new RangeError('it is cut off');
  const tail = bytesAt(descriptor, size - 10, 10);
  const length = tail.readInt32LE(0);
  if (tail.toString('latin1', 4) !== MAGIC || length <= 0 || length > size - 18) throw new RangeError('it is cut off');
  if (length > MAX_METADATA_BYTES) throw new RangeError('its index is too long');
  const footer = FlatTable.root(bytesAt(descriptor, size - 10 - length, length));
  const schema = footer.table(1);
  if (schema === undefined) throw new RangeError('it has no schema');
  const dictionaries = footer.blocks(2).map((at) => messageAt(descriptor, at, size)?.message);
  if (!dictionaries.every((message) => message?.type === HEADER.DICTIONARY)) {
    throw new RangeError('its index contradicts itself');
  }
  return { schema, dictionaries: dictionaries as Message[], batches: footer.blocks(3), start: 0 };
}

/** The messages from a position on, to the end of the stream. */
export function* messagesFrom(descriptor: number, start: number, size: number): Generator<Message> {
  for (let next = messageAt(descriptor, start, size); next !== null; next = messageAt(descriptor, next.next, size)) {
    yield next.message;
  }
}

/** The message at a position, and where the next one is; null at the end of the stream. */
export function messageAt(
  descriptor: number,
  position: number,
  size: number,
): { message: Message; next: number } | null {
  let at = position;
  if (at + 4 > size) return null;
  let length = bytesAt(descriptor, at, 4).readInt32LE(0);
  at += 4;
  // Before Arrow 0.15 there was no mark before the length.
  if (length === -1) {
    length = bytesAt(descriptor, at, 4).readInt32LE(0);
    at += 4;
  }
  if (length === 0) return null;
  if (length < 0 || length > MAX_METADATA_BYTES || at + length > size) throw new RangeError('a message is cut off');
  const table = FlatTable.root(bytesAt(descriptor, at, length));
  const header = table.table(2);
  if (header === undefined) throw new RangeError('a message has no header');
  const bodyAt = at + length;
  const bodyLength = table.long(3);
  if (bodyAt + bodyLength > size) throw new RangeError('a message is cut off');
  const message = { type: table.byte(1), version: table.short(0), header, bodyAt, bodyLength };
  return { message, next: bodyAt + bodyLength };
}

/** Bytes of a file, in memory of their own, or at the start of `memory`. */
export function bytesAt(descriptor: number, at: number, length: number, memory?: ArrayBuffer): Buffer<ArrayBuffer> {
  const bytes = memory === undefined ? Buffer.allocUnsafeSlow(length) : Buffer.from(memory, 0, length);
  for (let read = 0; read < length;) {
    const more = readSync(descriptor, bytes, read, length - read, at + read);
    if (more === 0) throw new RangeError('the file is cut off');
    read += more;
  }
  return bytes;
}
