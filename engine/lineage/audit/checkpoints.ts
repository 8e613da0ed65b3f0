import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestField, instantField } from '../../../schemas/index.js';
import { canonicalJson, digestOf } from '../../digest.js';

/** What is signed: the chain as far as it went at a moment, and the checkpoint before. */
const contentSchema = z.strictObject({
  format: z.literal('millrace.checkpoint/1'),
  number: z.int().positive(),
  sequence: z.int().nonnegative(),
  hash: digestField,
  at: instantField,
  previous: digestField.nullable(),
});
const checkpointSchema = contentSchema.extend({ signature: z.base64() });

/** A signed statement of how far the chain went. */
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** The key and the checkpoints of a database: a folder beside it, so that who can only write the database can't forge them. */
export class Checkpoints {
  private constructor(
    private readonly folder: string,
    private readonly key: KeyObject,
  ) {}

  /** Opens the folder; makes it and an Ed25519 key of its own (mode 0600) the first time. */
  static async open(folder: string): Promise<Checkpoints> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('ed25519');
    const fresh = join(folder, `.key-${process.pid}-${Date.now()}`);
    await writeFile(fresh, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    // The first one in place stays: whole or not there at all.
    await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(fresh);
    const key = createPrivateKey(await readFile(path));
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
    await writeFile(join(folder, 'key.pub.pem'), publicKey);
    return new Checkpoints(folder, key);
  }

  /** SHA-256 of the public key; worth keeping elsewhere. */
  get fingerprint(): string {
    const der = createPublicKey(this.key).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  }

  /** Signs how far the chain goes now; nothing if the last checkpoint says the same. */
  async add(head: { sequence: number; hash: string }): Promise<Checkpoint | null> {
    const last = (await this.numbers()).at(-1);
    const previous = last === undefined ? null : await this.read(last);
    if (previous?.hash === head.hash) return null;
    const content = contentSchema.parse({
      format: 'millrace.checkpoint/1',
      number: (last ?? 0) + 1,
      ...head,
      at: new Date().toISOString(),
      previous: previous === null ? null : digestOf(previous),
    });
    const signature = sign(null, Buffer.from(canonicalJson(content)), this.key).toString('base64');
    const checkpoint = { ...content, signature };
    const part = join(this.folder, `.part-${content.number}`);
    await writeFile(part, `${JSON.stringify(checkpoint)}\n`);
    await link(part, this.path(content.number)).finally(() => rm(part, { force: true }));
    return checkpoint;
  }

  /** Every checkpoint in order, and what is wrong with the files themselves: signature, order, gaps. */
  async all(): Promise<{ checkpoints: Checkpoint[]; problems: string[] }> {
    const checkpoints: Checkpoint[] = [];
    const problems: string[] = [];
    let expected = 1;
    for (const number of await this.numbers()) {
      for (; expected < number; expected += 1) problems.push(`checkpoint ${expected} is gone`);
      expected = number + 1;
      const checkpoint = await this.read(number).catch(() => null);
      if (checkpoint === null || !this.isSigned(checkpoint) || checkpoint.number !== number) {
        problems.push(`checkpoint ${number} is not what was signed`);
        continue;
      }
      const before = checkpoints.at(-1);
      if (before?.number === number - 1 && checkpoint.previous !== digestOf(before)) {
        problems.push(`checkpoint ${number} does not follow checkpoint ${before.number}`);
      }
      checkpoints.push(checkpoint);
    }
    return { checkpoints, problems };
  }

  private isSigned({ signature, ...content }: Checkpoint): boolean {
    const bytes = Buffer.from(canonicalJson(content));
    return verify(null, bytes, createPublicKey(this.key), Buffer.from(signature, 'base64'));
  }

  private async numbers(): Promise<number[]> {
    const names = await readdir(this.folder);
    return names
      .flatMap((name) => /^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  private async read(number: number): Promise<Checkpoint> {
    return checkpointSchema.parse(JSON.parse(await readFile(this.path(number), 'utf8')));
  }

  private path(number: number): string {
    return join(this.folder, `checkpoint-${String(number).padStart(8, '0')}.json`);
  }
}
