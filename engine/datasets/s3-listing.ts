import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { objectUri, type ListedObject } from './object-store.js';
import type { S3Session } from './s3-session.js';

const OBJECT_KEY = /^sha256\/([0-9a-f]{2})\/(\1[0-9a-f]{62})$/;

/** Objects of a store in a bucket; what has another form of key is not the store’s. */
export async function* listObjects(
  { sdk, client }: S3Session,
  { store, bucket: Bucket, prefix }: { store: string; bucket: string; prefix: string },
): AsyncGenerator<ListedObject> {
  for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: `${prefix}sha256/` })) {
    for (const { Key = '', Size = 0, LastModified = new Date() } of page.Contents ?? []) {
      const digest = OBJECT_KEY.exec(Key.slice(prefix.length))?.[2];
      if (digest !== undefined) yield { digest, uri: objectUri(store, digest), bytes: Size, putAt: LastModified };
    }
  }
}

/** Any object of a bucket. */
export interface BucketEntry {
  key: string;
  bytes: number;
  etag: string;
}

/** Objects under the prefix, in the order of the bytes of their keys. */
export async function listEntries(
  { sdk, client }: S3Session,
  { bucket: Bucket, prefix: Prefix }: { bucket: string; prefix: string },
): Promise<BucketEntry[]> {
  const entries: BucketEntry[] = [];
  for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix })) {
    for (const { Key: key, Size: bytes = 0, ETag: etag = '' } of page.Contents ?? []) {
      if (key !== undefined) entries.push({ key, bytes, etag });
    }
  }
  return entries;
}

/** Uploads in parts that were begun before a time and neither finished nor abandoned. */
export async function listUploads(
  { sdk, client }: S3Session,
  { bucket: Bucket, prefix, before }: { bucket: string; prefix: string; before: Date },
): Promise<{ Bucket: string; Key: string; UploadId: string }[]> {
  const found: { Bucket: string; Key: string; UploadId: string }[] = [];
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: `${prefix}sha256/`, ...marker }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined || Initiated >= before) continue;
      found.push({ Bucket, Key, UploadId });
    }
    const more: boolean = page.IsTruncated === true && (page.Uploads?.length ?? 0) > 0;
    marker = more ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
  return found;
}
