import { mkdir, open } from 'node:fs/promises';
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

/** Puts an event aside: one line of JSON each, on disk when this resolves. */
export async function putAside(path: string, letter: DeadLetter): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(`${JSON.stringify(letter)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}
