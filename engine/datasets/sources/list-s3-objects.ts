import { MillraceError } from '../../../schemas/index.js';
import { listEntries } from '../s3-listing.js';
import { s3Session, type S3Connection } from '../s3-session.js';
import { s3SourceErrors } from './s3-source-errors.js';

/** An object of a bucket that is not Millrace’s own. */
export interface S3Object {
  /** `s3://BUCKET/KEY` */
  path: string;
  bytes: number;
  etag: string;
}

/**
 * Objects whose address begins with a text, in the order of their keys.
 * @throws MillraceError SOURCE_NOT_FOUND for a bucket that is not there, SOURCE_DENIED, SOURCE_UNAVAILABLE
 */
export async function listS3Objects(address: string, connection: Omit<S3Connection, 'bucket'>): Promise<S3Object[]> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/i.exec(address) ?? [];
  if (bucket === undefined) {
    throw new MillraceError('SOURCE_NOT_FOUND', `${address} is not an address of the form s3://BUCKET/KEY`);
  }
  const session = await s3Session({ ...connection, bucket })();
  const entries = await s3SourceErrors(address, () => listEntries(session, { bucket, prefix }));
  return entries.map(({ key, bytes, etag }) => ({ path: `s3://${bucket}/${key}`, bytes, etag }));
}
