import { sha256 } from '../digest.js';

const LONGEST = 200;

/** Id of an event, made of what tells it from others; readable where it is short enough. */
export function eventId(...parts: readonly string[]): string {
  const text = parts.join('/');
  return text.length <= LONGEST ? text : sha256(text);
}
