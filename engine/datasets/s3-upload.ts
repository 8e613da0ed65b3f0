import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { MillraceError } from '../../schemas/index.js';
import { isPresent, type S3Session } from './s3-session.js';

/** What is put, and where. */
export interface S3Upload {
  bucket: string;
  key: string;
  /** SHA-256 that the whole must have, in hexadecimal. */
  digest: string;
}

/** Parts on their way at once; each is in memory. */
const PARTS_AT_ONCE = 4;
/** S3 takes 10,000 parts at most. */
const MOST_PARTS = 9_000;

/**
 * Puts bytes under a key, unless something is there. The server verifies the digest before it shows the object.
 * @returns false if something is there
 */
export async function uploadBytes({ sdk, client }: S3Session, to: S3Upload, bytes: Uint8Array): Promise<boolean> {
  return unlessPresent(() =>
    client.send(
      new sdk.PutObjectCommand({
        Bucket: to.bucket,
        Key: to.key,
        Body: bytes,
        ContentLength: bytes.length,
        IfNoneMatch: '*',
        ChecksumSHA256: Buffer.from(to.digest, 'hex').toString('base64'),
      }),
    ),
  );
}

/**
 * Puts a large file in parts, each with its digest, some at once, each tried again on its own. The object appears when
 * all are there, unless something has the key by then; a part that is lost with its writer is never seen.
 * @returns false if something is there
 * @throws MillraceError OBJECT_CORRUPT if the file changes meanwhile
 */
export async function uploadParts(
  { sdk, client }: S3Session,
  to: S3Upload,
  file: FileHandle,
  { bytes, partBytes }: { bytes: number; partBytes: number },
): Promise<boolean> {
  const place = { Bucket: to.bucket, Key: to.key };
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256' }),
  );
  const size = Math.max(partBytes, Math.ceil(bytes / MOST_PARTS));
  const whole = createHash('sha256');
  const parts: { PartNumber: number; ETag?: string; ChecksumSHA256: string }[] = [];
  const under = new Set<Promise<void>>();
  try {
    for (let start = 0, PartNumber = 1; start < bytes; start += size, PartNumber += 1) {
      const Body = await readPart(file, start, Math.min(size, bytes - start));
      whole.update(Body);
      const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
      const sending = client
        .send(new sdk.UploadPartCommand({ ...place, UploadId, PartNumber, Body, ChecksumSHA256 }))
        .then(({ ETag }) => void parts.push({ PartNumber, ChecksumSHA256, ...(ETag && { ETag }) }))
        .finally(() => under.delete(sending));
      under.add(sending);
      if (under.size >= PARTS_AT_ONCE) await Promise.race(under);
    }
    await Promise.all(under);
    if (whole.digest('hex') !== to.digest) {
      throw new MillraceError('OBJECT_CORRUPT', `the file for ${to.key} changed while it was stored`);
    }
    parts.sort((a, b) => a.PartNumber - b.PartNumber);
    const done = await unlessPresent(() =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({
          ...place,
          UploadId,
          IfNoneMatch: '*',
          MultipartUpload: { Parts: parts },
        }),
      ),
    );
    if (!done) await abandon();
    return done;
  } catch (error) {
    await Promise.allSettled(under);
    await abandon();
    throw error;
  }

  /** As far as that is possible now; the sweeper finds what is left. */
  async function abandon(): Promise<void> {
    await client.send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => undefined);
  }
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new MillraceError('OBJECT_CORRUPT', 'the file became shorter while it was stored');
    filled += bytesRead;
  }
  return buffer;
}

async function unlessPresent(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (isPresent(error)) return false;
    throw error;
  }
}
