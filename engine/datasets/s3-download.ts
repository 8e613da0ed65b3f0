import { setTimeout as sleep } from 'node:timers/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { isOfDisk, openFrom } from './download-file.js';
import { s3Status, type S3Session } from './s3-session.js';

export interface S3Download {
  bucket: string;
  key: string;
}

/** Times in a row that a body which breaks off without bringing anything is asked for again, from where it broke. */
const ATTEMPTS = 6;

/**
 * Writes an object to a new file, as a stream. A connection that breaks is taken up at the byte where it broke, under
 * the condition that the object is still the same.
 * @param onBytes told how many bytes are there, and how many there will be
 */
export async function downloadObject(
  { sdk, client }: S3Session,
  { bucket: Bucket, key: Key }: S3Download,
  target: string,
  { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: (done: number, of: number) => void } = {},
): Promise<void> {
  let done = 0;
  let etag: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const resumed = done > 0 ? { Range: `bytes=${done}-`, IfMatch: etag } : {};
    // The SDK tries a request again that fails before the body begins.
    const answer = await client.send(new sdk.GetObjectCommand({ Bucket, Key, ...resumed }), { abortSignal: signal });
    etag = answer.ETag;
    const of = done + (answer.ContentLength ?? 0);
    const before = done;
    try {
      const file = await openFrom(target, done);
      try {
        for await (const chunk of bodyOf(answer.Body as Readable, signal)) {
          await file.appendFile(chunk);
          done += chunk.length;
          onBytes?.(done, of);
        }
      } finally {
        await file.close();
      }
      if (done >= of) return;
      throw new Error(`the body ended after ${done} of ${of} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (done > before) attempt = 1;
      if (attempt === ATTEMPTS || s3Status(error) !== undefined || isOfDisk(error)) throw error;
      await sleep(Math.random() * 250 * 2 ** attempt, undefined, { signal });
    }
  }
}

const bodyOf = (body: Readable, signal: AbortSignal | undefined): AsyncIterable<Buffer> =>
  signal === undefined ? body : addAbortSignal(signal, body);
