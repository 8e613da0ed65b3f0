/** Bytes of a summary in the Temporal UI at most; the server refuses a start with a longer one. */
const SUMMARY_BYTES = 400;

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += bytesOf(character);
  return bytes;
}

/** A text as a summary in the Temporal UI: what is too long ends with an ellipsis. */
export function summaryText(text: string): string {
  if (utf8Length(text) <= SUMMARY_BYTES) return text;
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > SUMMARY_BYTES - 3) break;
    kept += character;
  }
  return `${kept}…`;
}

function bytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
