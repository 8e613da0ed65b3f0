/** What an answer of a receiver means for the event: taken, never to be taken, or to be tried again. */
export type Meaning = 'accepted' | 'refused' | 'server_error' | 'later';

/**
 * Judges the status of an answer. What says that the receiver is not there, not set up or overloaded, a wrong token
 * included, is no fault of the event: it is tried again without end. Other client errors are the event’s.
 */
export function meaningOf(status: number): Meaning {
  if (status >= 200 && status < 300) return 'accepted';
  if (status >= 500) return [502, 503, 504].includes(status) ? 'later' : 'server_error';
  if (status < 400 || [401, 403, 404, 405, 407, 408, 425, 429].includes(status)) return 'later';
  return 'refused';
}

/** Longest pause between two attempts, in milliseconds. */
const LONGEST_MS = 30_000;
const FIRST_MS = 200;

/**
 * Pause before an attempt is repeated: exponential with full jitter, so that a receiver that comes back is not met by all
 * its senders at once (Brooker, Exponential Backoff and Jitter, 2015).
 * @param failures attempts that failed in a row, from 1
 * @param random in [0, 1)
 * @param askedMs what the receiver asked for; no less is waited, up to the longest pause
 */
export function pauseMs(failures: number, random: number, askedMs = 0): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.max(Math.min(askedMs, LONGEST_MS), Math.round(ceiling * (0.1 + 0.9 * random)));
}
