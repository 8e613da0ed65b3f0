import { MillraceError } from '../../schemas/index.js';

/** Where an object is, and how large. */
export interface StoredObject {
  /** SHA-256 of the bytes, in lower-case hexadecimal. */
  digest: string;
  /** `store://NAME/sha256/ab/<digest>`, where `ab` are the first two characters of the digest. */
  uri: string;
  /** Number of bytes. */
  bytes: number;
}

/** An object as a listing has it. */
export interface ListedObject extends StoredObject {
  /** When it was put; putting the same content again makes it younger, within the hour. */
  putAt: Date;
}

/**
 * A content-addressed store that is written once: an object’s name is the digest of its bytes, so equal content is one
 * object, an object never changes, and what was read can be proved to be what was written.
 *
 * Every store keeps these promises: an object is visible whole or not at all; putting the same content again, also at
 * the same moment from elsewhere, has the same result and changes nothing; nothing is overwritten.
 *
 * Errors: OBJECT_NOT_FOUND for an address that the store does not hold, OBJECT_CORRUPT for bytes that do not have the
 * digest in their name, STORE_UNAVAILABLE when the store refuses or fails.
 */
export interface ObjectStore {
  /** Name of the store in addresses. */
  readonly name: string;
  /** Stores the content of a local file. The file is left as it is. */
  putFile(localPath: string): Promise<StoredObject>;
  /** Stores bytes. */
  putBytes(bytes: Uint8Array): Promise<StoredObject>;
  /** Stores a value as canonical JSON, so that the digest is `digestOf(value)`. */
  putJson(value: unknown): Promise<StoredObject>;
  /** The bytes of an object, their digest verified. For objects that fit in memory. */
  read(uri: string): Promise<Buffer>;
  /**
   * Path of a local file with the object’s bytes, for programs that read files. The digest is verified when the object
   * is first asked for, and again when the file has changed since. The file must not be written to.
   */
  localPath(uri: string): Promise<string>;
  /** Whether the store holds the object. */
  exists(uri: string): Promise<boolean>;
  /** All objects, in no order. */
  objects(): AsyncIterable<ListedObject>;
  /**
   * Removes an object for good, unless it was put again since it was listed. Only the sweeper may: nothing refers to it.
   * @returns whether it is gone
   */
  remove(listed: ListedObject): Promise<boolean>;
  /** Removes what puts that began before `before` left unfinished; counts it only when `dryRun`. Nobody can see it. */
  removeUnfinished(before: Date, dryRun: boolean): Promise<number>;
}

/** An object that is put again is made younger if it is older than this, so that no sweeper takes it before its commit. */
export const RENEW_AFTER_MS = 3_600_000;

const ADDRESS = /^store:\/\/([a-z][a-z0-9-]*)\/sha256\/([0-9a-f]{2})\/([0-9a-f]{64})$/;

/** Key of an object within its store: `sha256/ab/<digest>`. */
export function objectKey(digest: string): string {
  return `sha256/${digest.slice(0, 2)}/${digest}`;
}

/** Address of an object. */
export function objectUri(store: string, digest: string): string {
  return `store://${store}/${objectKey(digest)}`;
}

/**
 * Digest that an address names.
 * @throws MillraceError OBJECT_NOT_FOUND when it is no address, or one of another store
 */
export function digestOfUri(store: string, uri: string): string {
  const [, name, prefix, digest] = ADDRESS.exec(uri) ?? [];
  if (name === undefined || digest === undefined || digest.slice(0, 2) !== prefix) {
    throw new MillraceError('OBJECT_NOT_FOUND', `${uri} is not an address of the form store://NAME/sha256/ab/DIGEST`);
  }
  if (name !== store) {
    throw new MillraceError('OBJECT_NOT_FOUND', `${uri} is in the store ${name}, and this is the store ${store}`);
  }
  return digest;
}

/** Whether a text is an address in a store. */
export function isUriOf(store: string, uri: string): boolean {
  const [, name, prefix, digest] = ADDRESS.exec(uri) ?? [];
  return name === store && digest?.slice(0, 2) === prefix;
}
