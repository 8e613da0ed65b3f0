import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { instantField, MillraceError, parseWith, tokenScopeField, type TokenScope } from '../../../schemas/index.js';

const storedTokenSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(100),
  scope: tokenScopeField,
  createdAt: instantField,
  /** SHA-256 of the whole token. It has 256 random bits, so a slow hash would add nothing. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
const tokensFileSchema = z.strictObject({ tokens: z.array(storedTokenSchema) });

/** A token as it is kept: without the secret. */
export type StoredToken = z.infer<typeof storedTokenSchema>;

/** File of the tokens of a database. Who can write to the data folder decides who has access; the owner reads it alone. */
export function tokensPath(databasePath: string): string {
  return `${databasePath}.tokens.json`;
}

/** @returns none if there is no file. @throws CONFIG_INVALID if it is not one of ours: then nobody gets in */
export async function readTokens(path: string): Promise<StoredToken[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MillraceError('CONFIG_INVALID', `${path} is not JSON`, { cause: error });
  }
  return parseWith(tokensFileSchema, value, path, 'CONFIG_INVALID').tokens;
}

/** Adds a token. What is returned is the only place where the secret ever is. */
export async function createToken(
  path: string,
  { name, scope }: { name: string; scope: TokenScope },
): Promise<{ token: string; id: string }> {
  const tokens = await readTokens(path);
  if (tokens.some((other) => other.name === name)) {
    throw new MillraceError('INPUT_INVALID', `there is a token with the name ${name} already`);
  }
  const id = randomBytes(6).toString('hex');
  const token = `millrace_${id}_${randomBytes(32).toString('base64url')}`;
  await writeTokens(path, [
    ...tokens,
    { id, name, scope, createdAt: new Date().toISOString(), digest: digestOf(token) },
  ]);
  return { token, id };
}

/** Takes a token away, by its id or name. @throws NOT_FOUND */
export async function revokeToken(path: string, idOrName: string): Promise<StoredToken> {
  const tokens = await readTokens(path);
  const revoked = tokens.find(({ id, name }) => id === idOrName || name === idOrName);
  if (revoked === undefined) throw new MillraceError('NOT_FOUND', `there is no token ${idOrName}`);
  await writeTokens(
    path,
    tokens.filter((token) => token !== revoked),
  );
  return revoked;
}

/** The token that a text is, or undefined. Takes the same time whichever it is. */
export function findToken(tokens: readonly StoredToken[], text: string): StoredToken | undefined {
  const digest = Buffer.from(digestOf(text));
  return tokens.filter((token) => timingSafeEqual(Buffer.from(token.digest), digest))[0];
}

async function writeTokens(path: string, tokens: readonly StoredToken[]): Promise<void> {
  const part = `${path}.${process.pid}`;
  await writeFile(part, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: 0o600 });
  await rename(part, path);
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
