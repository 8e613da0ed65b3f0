/** A text of somebody else as part of a line: errors of programs have line breaks, and lists have one line an entry. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
