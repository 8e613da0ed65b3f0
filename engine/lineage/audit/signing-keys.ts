import { createPublicKey, type KeyObject } from 'node:crypto';
import { MillraceError } from '../../../schemas/index.js';
import { isSigned, keyFingerprint, type Checkpoint } from './checkpoint.js';

/** A key that signed checkpoints before. */
export interface FormerKey {
  /** Public, of Ed25519. */
  key: KeyObject;
  /** What it signed later than this does not count. ISO 8601. */
  until: string;
}

/** A key that checkpoints may be signed with. */
export interface KnownKey {
  key: KeyObject;
  /** SHA-256 of the public key. */
  fingerprint: string;
  /** Null: it signs now. */
  until: string | null;
}

/**
 * A public key from its text.
 * @throws CONFIG_INVALID if it is none, or not of Ed25519
 */
export function parsePublicKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Answered below.
  }
  throw new MillraceError('CONFIG_INVALID', 'audit.formerKeys: not a public key of Ed25519 in PEM');
}

/** All keys, in the order in which they took over from each other; the last one signs. */
export function knownKeys(key: KeyObject, former: readonly FormerKey[]): KnownKey[] {
  const before = [...former].sort((a, b) => Date.parse(a.until) - Date.parse(b.until));
  return [
    ...before.map((one) => ({ ...one, fingerprint: keyFingerprint(one.key) })),
    { key, fingerprint: keyFingerprint(key), until: null },
  ];
}

/** The key that a checkpoint is signed with; undefined: none of these, or it had ended by then. */
export function signerOf(checkpoint: Checkpoint, keys: readonly KnownKey[]): KnownKey | undefined {
  return keys.find(
    ({ key, until }) => (until === null || Date.parse(checkpoint.at) <= Date.parse(until)) && isSigned(checkpoint, key),
  );
}
