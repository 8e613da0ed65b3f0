import { MillraceError } from '../../schemas/index.js';

/** Where a page ended, as text that clients hand back as they got it. */
export function cursorOf(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws INPUT_INVALID for a text that no page ended with */
export function parseCursor(text: string, length: number): string[] {
  try {
    const parts = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
    if (Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string'))
      return parts;
  } catch {
    // Answered below: the text is not one of ours.
  }
  throw notOurs();
}

/**
 * The number of a record at which a page ended.
 * @throws INPUT_INVALID as `parseCursor`
 */
export function parseNumberCursor(text: string): number {
  const [digits = ''] = parseCursor(text, 1);
  const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(number)) throw notOurs();
  return number;
}

function notOurs(): MillraceError {
  return new MillraceError('INPUT_INVALID', 'query: after is not the `next` of an answer', {
    problems: [{ path: 'after', message: 'must be the `next` of the answer before' }],
  });
}
