import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OpenLineageRunEvent } from '../../../schemas/index.js';

/** An event that the receiver will not take, and what it said. */
export interface DeadLetter {
  /** ISO 8601. */
  at: string;
  /** Status of the answer. */
  status: number;
  /** Beginning of the answer. */
  answer: string;
  event: OpenLineageRunEvent;
}

/**
 * Events put aside for one receiver: a file with a line of JSON for each. What is being sent again is in a second file beside
 * it until the receiver has it, so that a kill at any moment loses none; it may send one twice, which is the same event.
 */
export class DeadLetters {
  private readonly resending: string;
  private last: Promise<unknown> = Promise.resolve();
  private readonly found: Promise<number>;
  /** How many more or fewer there are than were found at the start. */
  private change = 0;

  constructor(readonly path: string) {
    this.resending = `${path}.resending`;
    this.found = this.all().then(
      (letters) => letters.length,
      () => 0,
    );
  }

  /** How many are put aside; waits for no answer of the receiver. */
  async count(): Promise<number> {
    return (await this.found) + this.change;
  }

  /** Puts an event aside, on disk when this resolves. */
  async add(letter: DeadLetter): Promise<void> {
    return this.inTurn(async () => {
      await append(this.path, [letter]);
      this.change += 1;
    });
  }

  /** All of them, oldest first. */
  async all(): Promise<DeadLetter[]> {
    return this.inTurn(async () => [...(await lettersIn(this.resending)), ...(await lettersIn(this.path))]);
  }

  /**
   * Sends the oldest again, one after the other.
   * @param send what became of one: `accepted`, a letter to be put aside anew, or `later`, which ends it
   * @param limit greatest number that is sent
   */
  async resend(
    send: (letter: DeadLetter) => Promise<'accepted' | 'later' | DeadLetter>,
    limit: number,
  ): Promise<{ accepted: number; refused: number; left: number }> {
    return this.inTurn(async () => {
      let waiting = await lettersIn(this.resending);
      if (waiting.length === 0) {
        await rename(this.path, this.resending).catch(ifThere);
        waiting = await lettersIn(this.resending);
      }
      let accepted = 0;
      let refused = 0;
      for (const letter of waiting.slice(0, limit)) {
        const outcome = await send(letter);
        if (outcome === 'later') break;
        if (outcome === 'accepted') accepted += 1;
        else {
          await append(this.path, [outcome]);
          refused += 1;
        }
      }
      const rest = waiting.slice(accepted + refused);
      if (rest.length === 0) await rm(this.resending, { force: true });
      else {
        const fresh = `${this.resending}.new`;
        await rm(fresh, { force: true });
        await append(fresh, rest);
        await rename(fresh, this.resending);
      }
      this.change -= accepted;
      return { accepted, refused, left: rest.length };
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** On disk when this resolves. */
async function append(path: string, letters: readonly DeadLetter[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function lettersIn(path: string): Promise<DeadLetter[]> {
  const text = await readFile(path, 'utf8').catch(ifThere);
  return (text ?? '').split('\n').flatMap((one) => {
    try {
      return [JSON.parse(one) as DeadLetter];
    } catch {
      return []; // the end of the file, or a line that a power cut left half-written: its event was not told as put aside
    }
  });
}

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
