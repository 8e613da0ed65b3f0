/** SQL’s pattern as a regular expression: % is any text, _ any character, what follows the escape itself. */
export function likePattern(pattern: string, escape: string | undefined): string {
  let isEscaped = false;
  let source = '';
  for (const char of pattern) {
    if (!isEscaped && char === escape) {
      isEscaped = true;
      continue;
    }
    if (!isEscaped && char === '%') source += '.*';
    else if (!isEscaped && char === '_') source += '.';
    else source += char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    isEscaped = false;
  }
  return `(?s)^${source}$`;
}
