import type * as Sdk from '@aws-sdk/client-s3';
import { MillraceError, type StoreConfig } from '../../schemas/index.js';
import type { Secrets } from '../secrets.js';

/** Where a bucket is, and who asks. */
export interface S3Connection {
  bucket: string;
  /** Address of the server; by default that of Amazon’s region. */
  endpoint?: string | undefined;
  region: string;
  /** Whether the bucket is in the path instead of the host name. @default true where an endpoint is given */
  pathStyle?: boolean | undefined;
  /** Asked when the first request is made; by default what the AWS SDK finds. */
  credentials?: (() => Promise<{ accessKeyId: string; secretAccessKey: string }>) | undefined;
}

/** A client and its commands. The SDK is loaded when the first request is made: most processes never need it. */
export interface S3Session {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
}

/** Attempts of one request. The SDK waits between them with full jitter, at most 20 seconds: some twelve in all. */
const ATTEMPTS = 8;

/** A client of a bucket, opened once, by whoever needs it first. */
export function s3Session(connection: S3Connection): () => Promise<S3Session> {
  let opened: Promise<S3Session> | undefined;
  return () => (opened ??= open(connection));
}

async function open({ endpoint, region, pathStyle, credentials }: S3Connection): Promise<S3Session> {
  // The release is pinned and supports this Node; the notice is about later releases.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    endpoint,
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    credentials,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
  });
  return { sdk, client };
}

/** HTTP status of what the server answered; undefined if it did not. */
export function s3Status(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}

/** Whether the server says that there is no such object; a bucket that is missing is another matter. */
export function isMissing(error: unknown): boolean {
  return s3Status(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

/** Whether a condition of the request did not hold: the object is there already. */
export function isPresent(error: unknown): boolean {
  return s3Status(error) === 412;
}

/** What the store failed with, as an error of the table. */
export function s3Unavailable(store: string, error: unknown): unknown {
  if (error instanceof MillraceError) return error;
  const { name, message } = error as Error;
  const status = s3Status(error);
  const text = [name, status, message].filter((part) => part !== undefined && part !== '').join(' ');
  return new MillraceError('STORE_UNAVAILABLE', `store ${store}: ${text}`, { cause: error });
}

/** How the server of a store is reached, its references resolved when the first request is made. */
export function s3ConnectionOf(store: StoreConfig & { kind: 's3' }, secrets: Secrets): Omit<S3Connection, 'bucket'> {
  const { endpoint, region, pathStyle, accessKeyId, secretAccessKey } = store;
  if (accessKeyId === undefined || secretAccessKey === undefined) return { endpoint, region, pathStyle };
  const credentials = async () => ({
    accessKeyId: await secrets.get(accessKeyId),
    secretAccessKey: await secrets.get(secretAccessKey),
  });
  return { endpoint, region, pathStyle, credentials };
}
