import { createHash } from 'node:crypto';

/**
 * Sixty-four bits of SHA-256 as a decimal number, for joins over millions of rows: integers join several times as fast as
 * names. Among two million partitions, two share a key with odds of one in ten million. In SQL it is
 * `('0x' || substr(sha256(text), 1, 16))::UBIGINT`.
 */
function key64(text: string): string {
  return createHash('sha256').update(text).digest().readBigUInt64BE(0).toString();
}

/** Key of a partition of a dataset, whatever its version. */
export function slotKey({ dataset, partition }: { dataset: string; partition: string }): string {
  return key64(`${dataset}\n${partition}`);
}

/** Key of a content-derived version. */
export function sealKey({ version }: { version: string }): string {
  return key64(version);
}

/** Key of a step of a run, which wrote what depends on its inputs. */
export function writerKey({ runId, step }: { runId: string; step: string }): string {
  return key64(`${step}\n${runId}`);
}

/** Key of what a step was looked up by: it is a digest already. */
export function cacheKeyBits(key: string): string {
  return BigInt(`0x${key.slice(0, 16)}`).toString();
}

/** The same in SQL, of an expression. */
export function keySql(expression: string): string {
  return `('0x' || substr(sha256(${expression}), 1, 16))::UBIGINT`;
}

/** The same of a text, as two numbers of 32 bits. */
export function keyHalves(text: string): { high: number; low: number } {
  const digest = createHash('sha256').update(text).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}
