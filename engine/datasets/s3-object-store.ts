import { open, type FileHandle } from 'node:fs/promises';
import { MillraceError } from '../../schemas/index.js';
import { canonicalJson, sha256, sha256File } from '../digest.js';
import { createObjectCache, type ObjectCacheOptions } from './object-cache.js';
import {
  digestOfUri,
  isUriOf,
  objectKey,
  objectUri,
  RENEW_AFTER_MS,
  type ObjectStore,
  type StoredObject,
} from './object-store.js';
import { downloadObject } from './s3-download.js';
import { listObjects, listUploads } from './s3-listing.js';
import { isMissing, s3Session, s3Unavailable, type S3Connection } from './s3-session.js';
import { uploadBytes, uploadParts } from './s3-upload.js';

export interface S3ObjectStoreOptions extends S3Connection {
  /** Name of the store in addresses; a lower-case word. */
  name: string;
  /** What every key begins with; empty or words that each end with `/`. */
  prefix: string;
  /** Where objects are kept for programs that read files. */
  cache: ObjectCacheOptions;
  /** Size from which a file is put in parts, and that of a part, in bytes; at least 5 MiB. @default 8 MiB */
  partBytes?: number;
}

const PART_BYTES = 8 * 1024 ** 2;
const DOWNLOADS_AT_ONCE = 8;

/**
 * An object store in a bucket. Objects are put under the condition that their key is free, large ones in parts, and the
 * server verifies each part’s digest; requests that fail are tried again with jitter by the SDK. The bucket needs no
 * versioning and no lock: nothing is ever overwritten.
 */
export function createS3ObjectStore(options: S3ObjectStoreOptions): ObjectStore {
  const { name, bucket, prefix, partBytes = PART_BYTES } = options;
  const session = s3Session(options);
  const cache = createObjectCache(options.cache);
  const downloads = atMost(DOWNLOADS_AT_ONCE);
  const place = (digest: string) => ({ bucket, key: `${prefix}${objectKey(digest)}`, digest });

  async function storeErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw s3Unavailable(name, error);
    }
  }

  async function objectErrors<T>(uri: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isMissing(error)) throw s3Unavailable(name, error);
      throw new MillraceError('OBJECT_NOT_FOUND', `${uri} is not in the store ${name}`, { cause: error });
    }
  }

  async function head(digest: string): Promise<{ bytes: number; putAt: Date } | undefined> {
    const { sdk, client } = await session();
    const { bucket: Bucket, key: Key } = place(digest);
    try {
      const { ContentLength, LastModified } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }));
      return { bytes: ContentLength ?? 0, putAt: LastModified ?? new Date(0) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Looks at what is there instead, and makes it younger. */
  async function accept(digest: string, bytes: number, present: { bytes: number; putAt: Date }): Promise<void> {
    if (present.bytes !== bytes) {
      const { key } = place(digest);
      throw new MillraceError('OBJECT_CORRUPT', `${key} has ${present.bytes} bytes, its content has ${bytes}`);
    }
    if (Date.now() - present.putAt.getTime() < RENEW_AFTER_MS) return;
    const { sdk, client } = await session();
    const { key: Key } = place(digest);
    const CopySource = `${bucket}/${Key}`;
    await client.send(new sdk.CopyObjectCommand({ Bucket: bucket, Key, CopySource, MetadataDirective: 'REPLACE' }));
  }

  async function putBytes(bytes: Uint8Array): Promise<StoredObject> {
    const digest = sha256(bytes);
    await storeErrors(async () => {
      if (await uploadBytes(await session(), place(digest), bytes)) return;
      const present = await head(digest);
      // Removed by a sweeper between the two requests: it will not be there a second time.
      if (present === undefined) await uploadBytes(await session(), place(digest), bytes);
      else await accept(digest, bytes.length, present);
    });
    return { digest, uri: objectUri(name, digest), bytes: bytes.length };
  }

  async function putParts(localPath: string, file: FileHandle, bytes: number): Promise<StoredObject> {
    const digest = await sha256File(localPath);
    await storeErrors(async () => {
      // A large file is not sent in vain.
      const present = await head(digest);
      if (present !== undefined) return accept(digest, bytes, present);
      const put = await uploadParts(await session(), place(digest), file, { bytes, partBytes });
      const other = put ? undefined : await head(digest);
      if (other !== undefined) await accept(digest, bytes, other);
    });
    return { digest, uri: objectUri(name, digest), bytes };
  }

  return {
    name,
    putBytes,
    putJson: (value) => putBytes(Buffer.from(canonicalJson(value))),

    async putFile(localPath) {
      const file = await open(localPath);
      try {
        const { size } = await file.stat();
        return size <= partBytes ? await putBytes(await file.readFile()) : await putParts(localPath, file, size);
      } finally {
        await file.close();
      }
    },

    async read(uri) {
      const digest = digestOfUri(name, uri);
      const bytes = await objectErrors(uri, async () => {
        const { sdk, client } = await session();
        const { bucket: Bucket, key: Key } = place(digest);
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      });
      const actual = sha256(bytes);
      if (actual === digest) return bytes;
      throw new MillraceError(
        'OBJECT_CORRUPT',
        `the bytes of ${uri}, in s3://${bucket}/${place(digest).key}, have the digest ${actual}`,
      );
    },

    async localPath(uri) {
      const digest = digestOfUri(name, uri);
      return cache.path(digest, (target) =>
        downloads(() => objectErrors(uri, async () => downloadObject(await session(), place(digest), target))),
      );
    },

    async exists(uri) {
      if (!isUriOf(name, uri)) return false;
      return (await storeErrors(() => head(digestOfUri(name, uri)))) !== undefined;
    },

    async *objects() {
      try {
        yield* listObjects(await session(), { store: name, bucket, prefix });
      } catch (error) {
        throw s3Unavailable(name, error);
      }
    },

    remove: ({ digest, putAt }) =>
      storeErrors(async () => {
        const present = await head(digest);
        if (present === undefined) return true;
        if (present.putAt > putAt) return false;
        const { sdk, client } = await session();
        const { bucket: Bucket, key: Key } = place(digest);
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }));
        return true;
      }),

    removeUnfinished: (before, dryRun) =>
      storeErrors(async () => {
        const { sdk, client } = await session();
        const uploads = await listUploads({ sdk, client }, { bucket, prefix, before });
        if (!dryRun) {
          await Promise.all(uploads.map((upload) => client.send(new sdk.AbortMultipartUploadCommand(upload))));
        }
        return uploads.length;
      }),
  };
}

/** Lets so many calls run at once; the others wait in line. */
function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Who waits takes over the place; the count stays.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
