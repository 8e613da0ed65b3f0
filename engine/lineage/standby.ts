import { setTimeout as delay } from 'node:timers/promises';
import { isMillraceError } from '../../schemas/index.js';

/** Between two attempts to open the database, in milliseconds. */
const POLL_MS = 250;

/**
 * Tries until the database is free: the file lock says who owns it, and the system lets go of it when its holder dies.
 * @param attempt opens the database and starts to serve it
 * @throws what the attempt throws, except that somebody else has the database or the port
 */
export async function whenFree<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const held = isMillraceError(error) && (error.code === 'LINEAGE_LOCKED' || error.code === 'PORT_IN_USE');
      if (!held) throw error;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
