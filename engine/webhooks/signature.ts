import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The headers of a signed request, as Standard Webhooks has them (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `ID.TIMESTAMP.BODY`, in Base64 after `v1,`.
 */
export interface SignatureHeaders {
  'webhook-id': string;
  /** Seconds since 1970. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** Why a request is not believed. */
export type Refusal = 'unsigned' | 'untimed' | 'expired' | 'wrong';

/**
 * Signs a body.
 * @param secret the key; `whsec_` and Base64, or any text, which stands for its bytes
 * @param at milliseconds since 1970
 */
export function signWebhook(secret: string, id: string, at: number, body: string | Buffer): SignatureHeaders {
  const timestamp = String(Math.floor(at / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signatureOf(secret, id, timestamp, body).toString('base64')}`,
  };
}

/**
 * Whether a request was signed with the key, and lately.
 * @param headers names in lower case; of several signatures, separated by spaces, one must be right
 * @returns the id, or why it is not believed
 */
export function verifyWebhook(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string | Buffer,
  { now, toleranceSeconds }: { now: number; toleranceSeconds: number },
): { id: string } | { refusal: Refusal } {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => {
    const value = headers[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  });
  if (id === undefined || timestamp === undefined || signatures === undefined) return { refusal: 'unsigned' };
  if (!/^\d{1,12}$/.test(timestamp)) return { refusal: 'untimed' };
  const right = signatureOf(secret, id, timestamp, body);
  const believed = signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === right.length && timingSafeEqual(given, right);
  });
  if (!believed) return { refusal: 'wrong' };
  const late = Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds;
  return late ? { refusal: 'expired' } : { id };
}

function signatureOf(secret: string, id: string, timestamp: string, body: string | Buffer): Buffer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
