import type { KeyObject } from 'node:crypto';
import { createNamedFiles, type NamedObjects } from '../../datasets/named-objects.js';
import { digestOf } from '../../digest.js';
import { checkpointName, checkpointNumber, checkpointSchema, signCheckpoint, type Checkpoint } from './checkpoint.js';
import { ownSigningKey } from './signing-key.js';
import { knownKeys, signerOf, type FormerKey, type KnownKey } from './signing-keys.js';

/** Where checkpoints go, and what signs them. */
export interface CheckpointOptions {
  /** Folder beside the database, so that who can only write the database can't forge them. */
  folder: string;
  /** Signs; by default a key of the owner's own in the folder. */
  key?: KeyObject | undefined;
  /** Keys that signed before it; what they signed in their time still counts. None by default. */
  formerKeys?: readonly FormerKey[] | undefined;
  /** A second place, given the fingerprint of a key: the object store. */
  copies?: ((fingerprint: string) => NamedObjects) | undefined;
}

/** The checkpoints on record, and what is wrong with them. */
export interface CheckedCheckpoints {
  checkpoints: Checkpoint[];
  /** Checkpoints in the object store; null: the owner was given none. */
  stored: number | null;
  /** Keys in the order in which they took over, with what each signed. */
  keys: { fingerprint: string; until: string | null; checkpoints: number }[];
  problems: string[];
}

/** The checkpoints of a database, in a folder and, where there is one, in an object store. */
export class Checkpoints {
  /** SHA-256 of the public key that signs. */
  readonly fingerprint: string;
  private readonly here: NamedObjects;
  private readonly keys: readonly KnownKey[];
  /** By fingerprint. */
  private readonly copies: ReadonlyMap<string, NamedObjects>;
  private readonly copied = new Set<number>();

  private constructor(
    { folder, formerKeys = [], copies }: CheckpointOptions,
    private readonly key: KeyObject,
  ) {
    this.keys = knownKeys(key, formerKeys);
    this.fingerprint = this.keys.at(-1)?.fingerprint ?? '';
    this.here = createNamedFiles(folder);
    this.copies = new Map(
      copies === undefined ? [] : this.keys.map(({ fingerprint }) => [fingerprint, copies(fingerprint)]),
    );
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
  async all(): Promise<CheckedCheckpoints> {
    const here = await numbersOf(this.here);
    const there = await this.stored();
    const checkpoints: Checkpoint[] = [];
    const signed = new Map(this.keys.map(({ fingerprint }) => [fingerprint, 0]));
    const problems: string[] = [];
    let expected = 1;
    let newest = 0;
    for (const number of [...new Set([...here, ...there.keys()])].sort((a, b) => a - b)) {
      for (; expected < number; expected += 1) problems.push(`checkpoint ${expected} is gone`);
      expected = number + 1;
      const own = here.includes(number) ? await this.signed(this.here, number) : undefined;
      const copy = await this.signed(there.get(number), number);
      if (own === null) problems.push(`checkpoint ${number} is not what was signed`);
      if (copy === null) problems.push(`the copy of checkpoint ${number} in the object store is not what was signed`);
      if (own && copy && digestOf(own.checkpoint) !== digestOf(copy.checkpoint)) {
        problems.push(
          `checkpoint ${number} is not that of the object store, which says ${copy.checkpoint.sequence} events`,
        );
      }
      const found = copy ?? own;
      if (!found) continue;
      const { checkpoint, signer } = found;
      const before = checkpoints.at(-1);
      if (before?.number === number - 1 && checkpoint.previous !== digestOf(before)) {
        problems.push(`checkpoint ${number} does not follow checkpoint ${before.number}`);
      }
      // Who has a key that was given up must not go on with it.
      const rank = this.keys.indexOf(signer);
      if (rank < newest) problems.push(`checkpoint ${number} is signed with a key that another had taken over from`);
      newest = Math.max(newest, rank);
      signed.set(signer.fingerprint, (signed.get(signer.fingerprint) ?? 0) + 1);
      checkpoints.push(checkpoint);
    }
    const keys = this.keys.map(({ fingerprint, until }) => ({
      ...{ fingerprint, until, checkpoints: signed.get(fingerprint) ?? 0 },
    }));
    return { checkpoints, stored: this.copies.size === 0 ? null : there.size, keys, problems };
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

  /** Each goes where those of its key are; what nobody signed is kept with those of the key that signs now. */
  private async copy(numbers: readonly number[]): Promise<void> {
    if (this.copies.size === 0) return;
    for (const number of numbers) {
      if (this.copied.has(number)) continue;
      const name = checkpointName(number);
      const bytes = await this.here.read(name);
      const signer = (await this.signed(this.here, number))?.signer.fingerprint ?? this.fingerprint;
      if (bytes !== null) await this.copies.get(signer)?.put(name, bytes);
      this.copied.add(number);
    }
  }

  /** Where the object store has each checkpoint. Of two with one number that of the newer key counts. */
  private async stored(): Promise<Map<number, NamedObjects>> {
    const there = new Map<number, NamedObjects>();
    for (const place of this.copies.values()) for (const number of await numbersOf(place)) there.set(number, place);
    return there;
  }

  private async signed(
    place: NamedObjects | undefined,
    number: number,
  ): Promise<{ checkpoint: Checkpoint; signer: KnownKey } | null | undefined> {
    if (place === undefined) return undefined;
    const checkpoint = await this.read(place, number);
    const signer = checkpoint?.number === number ? signerOf(checkpoint, this.keys) : undefined;
    return checkpoint === null || signer === undefined ? null : { checkpoint, signer };
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
