import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A running owner. */
export interface LineageOwner {
  /** Address for clients and browsers, as in `http://127.0.0.1:4300`. */
  url: string;
  /** Token for clients in this process; it is good while the owner runs. */
  token: string;
  /** Answers what was asked, commits what is waiting, and lets go of the database. Idempotent. */
  close(): Promise<void>;
}

/** Between two attempts to open the database again, in milliseconds. */
const AGAIN_MS = 500;

/** What an owner that opens again has in common with the one before. */
export interface Reopened {
  port: number;
  /** Token of this process. */
  token: string;
}

/**
 * Keeps an owner open: where DuckDB gives a database up, as it does when a checkpoint finds the disk full, the owner lets go of it
 * and opens it again until that works. Nothing listens meanwhile, so clients wait as for an owner that is down, and a standby may take over.
 * @param open opens an owner, anew or in the place of one; told what to call when the database is given up
 */
export async function keepOpen(
  open: (before: Reopened | undefined, onFatal: (error: unknown) => void) => Promise<LineageOwner>,
  logger: Pick<Logger, 'error' | 'warn'> | undefined,
): Promise<LineageOwner> {
  const stopping = new AbortController();
  let current: LineageOwner | undefined;
  let reopening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const onFatal = (error: unknown) => {
    if (current === undefined || stopping.signal.aborted) return;
    logger?.error({ err: error }, 'the lineage database was given up; it is opened again');
    reopening ??= reopen(current).finally(() => (reopening = undefined));
  };
  const first = (current = await open(undefined, onFatal));
  const before = { port: Number(new URL(first.url).port), token: first.token };

  async function reopen(failed: LineageOwner): Promise<void> {
    current = undefined;
    await failed.close().catch(() => undefined);
    for (let said = ''; !stopping.signal.aborted;) {
      try {
        current = await open(before, onFatal);
        logger?.warn('the lineage database is open again');
        return;
      } catch (error) {
        const { message } = error as Error;
        if (message !== said) logger?.error({ err: error }, 'the lineage database cannot be opened again yet');
        said = message;
      }
      await delay(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function close(): Promise<void> {
    stopping.abort();
    await reopening;
    await current?.close();
  }
  return { url: first.url, token: first.token, close: () => (closing ??= close()) };
}
