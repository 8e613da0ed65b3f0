import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { digestField, instantField } from '../../../schemas/index.js';
import { canonicalJson } from '../../digest.js';

/** What is signed: the chain as far as it went at a moment, and the checkpoint before. */
const contentSchema = z.strictObject({
  format: z.literal('millrace.checkpoint/1'),
  number: z.int().positive(),
  sequence: z.int().nonnegative(),
  hash: digestField,
  at: instantField,
  previous: digestField.nullable(),
});

/** A signed statement of how far the chain went. */
export const checkpointSchema = contentSchema.extend({ signature: z.base64() });
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** Signs with Ed25519 over canonical JSON. */
export function signCheckpoint(content: z.infer<typeof contentSchema>, key: KeyObject): Checkpoint {
  const signature = sign(null, Buffer.from(canonicalJson(contentSchema.parse(content))), key).toString('base64');
  return { ...content, signature };
}

/** Whether a checkpoint is as it was signed with a key, or with the private one of it. */
export function isSigned({ signature, ...content }: Checkpoint, key: KeyObject): boolean {
  return verify(null, Buffer.from(canonicalJson(content)), publicOf(key), Buffer.from(signature, 'base64'));
}

/** SHA-256 of a public key, also that of a private one; worth keeping elsewhere. */
export function keyFingerprint(key: KeyObject): string {
  const der = publicOf(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

function publicOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

/** Name of the file that holds a checkpoint. */
export function checkpointName(number: number): string {
  return `checkpoint-${String(number).padStart(8, '0')}.json`;
}

/** Number of the checkpoint that a file holds; undefined for any other file. */
export function checkpointNumber(name: string): number | undefined {
  const digits = /^checkpoint-(\d+)\.json$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
