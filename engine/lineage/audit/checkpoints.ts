import type { KeyObject } from 'node:crypto';
import { createNamedFiles, type NamedObjects } from '../../datasets/named-objects.js';
import { digestOf } from '../../digest.js';
import {
  checkpointName,
  checkpointNumber,
  checkpointSchema,
  isSigned,
  keyFingerprint,
  signCheckpoint,
  type Checkpoint,
} from './checkpoint.js';
import { ownSigningKey } from './signing-key.js';

/** Where checkpoints go, and what signs them. */
export interface CheckpointOptions {
  /** Folder beside the database, so that who can only write the database can't forge them. */
  folder: string;
  /** Signs; by default a key of the owner's own in the folder. */
  key?: KeyObject | undefined;
  /** A second place, given the fingerprint of the key: the object store. */
  copies?: ((fingerprint: string) => NamedObjects) | undefined;
}

/** The checkpoints of a database, in a folder and, where there is one, in an object store. */
export class Checkpoints {
  /** SHA-256 of the public key. */
  readonly fingerprint: string;
  private readonly here: NamedObjects;
  private readonly copies: NamedObjects | undefined;
  private readonly copied = new Set<number>();

  private constructor(
    options: CheckpointOptions,
    private readonly key: KeyObject,
  ) {
    this.fingerprint = keyFingerprint(key);
    this.here = createNamedFiles(options.folder);
    this.copies = options.copies?.(this.fingerprint);
  }

  static async open(options: CheckpointOptions): Promise<Checkpoints> {
    return new Checkpoints(options, options.key ?? (await ownSigningKey(options.folder)));
  }

  /** Signs how far the chain goes now; nothing if the last checkpoint says the same. Copies what has not been copied yet. */
  async add(head: { sequence: number; hash: string }): Promise<Checkpoint | null> {
    const numbers = await numbersOf(this.here);
    const last = numbers.at(-1);
    const previous = last === undefined ? null : await this.read(this.here, last);
    const added = previous?.hash === head.hash ? null : this.next(previous, head);
    if (added !== null) await this.here.put(checkpointName(added.number), textOf(added));
    await this.copy(added === null ? numbers : [...numbers, added.number]);
    return added;
  }

  /**
   * Every checkpoint in order, and what is wrong with them: signature, order, gaps. One that is in one of the two places
   * alone counts; where both have one, they must be the same.
   */
  async all(): Promise<{ checkpoints: Checkpoint[]; stored: number | null; problems: string[] }> {
    const here = await numbersOf(this.here);
    const there = this.copies === undefined ? [] : await numbersOf(this.copies);
    const checkpoints: Checkpoint[] = [];
    const problems: string[] = [];
    let expected = 1;
    for (const number of [...new Set([...here, ...there])].sort((a, b) => a - b)) {
      for (; expected < number; expected += 1) problems.push(`checkpoint ${expected} is gone`);
      expected = number + 1;
      const own = here.includes(number) ? await this.signed(this.here, number) : undefined;
      const copy = there.includes(number) ? await this.signed(this.copies, number) : undefined;
      if (own === null) problems.push(`checkpoint ${number} is not what was signed`);
      if (copy === null) problems.push(`the copy of checkpoint ${number} in the object store is not what was signed`);
      if (own && copy && digestOf(own) !== digestOf(copy)) {
        problems.push(`checkpoint ${number} is not that of the object store, which says ${copy.sequence} events`);
      }
      const checkpoint = copy ?? own;
      if (!checkpoint) continue;
      const before = checkpoints.at(-1);
      if (before?.number === number - 1 && checkpoint.previous !== digestOf(before)) {
        problems.push(`checkpoint ${number} does not follow checkpoint ${before.number}`);
      }
      checkpoints.push(checkpoint);
    }
    return { checkpoints, stored: this.copies === undefined ? null : there.length, problems };
  }

  private next(previous: Checkpoint | null, head: { sequence: number; hash: string }): Checkpoint {
    return signCheckpoint(
      {
        format: 'millrace.checkpoint/1',
        number: (previous?.number ?? 0) + 1,
        ...head,
        at: new Date().toISOString(),
        previous: previous === null ? null : digestOf(previous),
      },
      this.key,
    );
  }

  private async copy(numbers: readonly number[]): Promise<void> {
    if (this.copies === undefined) return;
    for (const number of numbers) {
      if (this.copied.has(number)) continue;
      const bytes = await this.here.read(checkpointName(number));
      if (bytes !== null) await this.copies.put(checkpointName(number), bytes);
      this.copied.add(number);
    }
  }

  private async signed(place: NamedObjects | undefined, number: number): Promise<Checkpoint | null | undefined> {
    if (place === undefined) return undefined;
    const checkpoint = await this.read(place, number);
    return checkpoint?.number === number && isSigned(checkpoint, this.key) ? checkpoint : null;
  }

  private async read(place: NamedObjects, number: number): Promise<Checkpoint | null> {
    const bytes = await place.read(checkpointName(number));
    try {
      return checkpointSchema.parse(JSON.parse(bytes?.toString('utf8') ?? ''));
    } catch {
      return null; // said to be not what was signed
    }
  }
}

async function numbersOf(place: NamedObjects): Promise<number[]> {
  return (await place.list()).flatMap((name) => checkpointNumber(name) ?? []).sort((a, b) => a - b);
}

function textOf(checkpoint: Checkpoint): Buffer {
  return Buffer.from(`${JSON.stringify(checkpoint)}\n`);
}
