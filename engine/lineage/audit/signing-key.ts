import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../schemas/index.js';

/** A new Ed25519 key, private and public, as PEM. */
export function makeSigningKey(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/**
 * A private key from its text.
 * @throws CONFIG_INVALID if it is none, or not of Ed25519
 */
export function parseSigningKey(pem: string): KeyObject {
  try {
    // An environment variable may hold the lines joined by the two characters \n.
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Answered below; what was given must not get into a message.
  }
  throw new MillraceError('CONFIG_INVALID', 'audit.key is not a private key of Ed25519; make one: millrace audit key');
}

/** The owner's own key in a folder, made the first time (mode 0600); the public one is beside it. */
export async function ownSigningKey(folder: string): Promise<KeyObject> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'key.pem');
  const fresh = join(folder, `.key-${process.pid}-${Date.now()}`);
  await writeFile(fresh, makeSigningKey().privateKey, { mode: 0o600, flag: 'wx' });
  // The first one in place stays: whole or not there at all.
  await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(fresh);
  const key = parseSigningKey(await readFile(path, 'utf8'));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  await writeFile(join(folder, 'key.pub.pem'), publicKey);
  return key;
}
