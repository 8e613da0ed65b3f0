import { sha256 } from '../digest.js';
import type { NamedObjects } from './named-objects.js';
import { listEntries } from './s3-listing.js';
import { isMissing, s3Session, s3Unavailable, type S3Connection } from './s3-session.js';
import { uploadBytes } from './s3-upload.js';

/** Named objects in a bucket, under a prefix that ends with `/`. */
export function createS3NamedObjects(options: S3Connection & { prefix: string }): NamedObjects {
  const { bucket, prefix } = options;
  const session = s3Session(options);
  const orUnavailable = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw s3Unavailable(`${bucket}/${prefix}`, error);
    }
  };
  return {
    put: (name, bytes) =>
      orUnavailable(async () =>
        uploadBytes(await session(), { bucket, key: `${prefix}${name}`, digest: sha256(bytes) }, bytes),
      ),
    read: (name) =>
      orUnavailable(async () => {
        const { sdk, client } = await session();
        try {
          const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: `${prefix}${name}` }));
          return Buffer.from((await Body?.transformToByteArray()) ?? []);
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    list: () =>
      orUnavailable(async () => {
        const entries = await listEntries(await session(), { bucket, prefix });
        return entries.map(({ key }) => key.slice(prefix.length)).sort();
      }),
  };
}
