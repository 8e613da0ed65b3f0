/** Parts of a pattern; longer ones say how a text looks today, not what it is. */
const MOST_PARTS = 12;

/** Classes of characters, the narrower first. */
const CLASSES = ['A-Z', 'a-z', '0-9', 'A-Za-z', 'A-Za-z0-9'] as const;

interface Part {
  /** A class of characters, or the character itself. */
  of: string;
  min: number;
  max: number;
}

/**
 * The narrowest pattern of runs of letters, digits and fixed signs that all texts match, as in `^[A-Z]{2}-[0-9]{3,5}$`; undefined
 * where they look different, or have nothing in common but to be there.
 */
export function patternOf(texts: readonly string[]): string | undefined {
  if (texts.length === 0 || texts.some((text) => text === '')) return undefined;
  for (const classes of [CLASSES.slice(0, 3), ['A-Za-z', '0-9'], ['A-Za-z0-9']]) {
    const parts = commonParts(texts, classes);
    if (parts !== undefined && parts.some(({ of }) => CLASSES.includes(of as never)))
      return `^${parts.map(source).join('')}$`;
  }
  return undefined;
}

function commonParts(texts: readonly string[], classes: readonly string[]): Part[] | undefined {
  let common: Part[] | undefined;
  for (const text of texts) {
    const parts = partsOf(text, classes);
    if (common === undefined) common = parts;
    if (parts.length > MOST_PARTS || parts.length !== common.length) return undefined;
    for (const [i, { of, min, max }] of parts.entries()) {
      const part = common[i]!;
      if (part.of !== of) return undefined;
      part.min = Math.min(part.min, min);
      part.max = Math.max(part.max, max);
    }
  }
  return common;
}

function partsOf(text: string, classes: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (const char of text) {
    const of = classes.find((one) => new RegExp(`^[${one}]$`).test(char)) ?? char;
    const last = parts.at(-1);
    if (last?.of === of) {
      last.min++;
      last.max++;
    } else if (parts.push({ of, min: 1, max: 1 }) > MOST_PARTS) break;
  }
  return parts;
}

function source({ of, min, max }: Part): string {
  const one = CLASSES.includes(of as never) ? `[${of}]` : of.replace(/[\\^$.|?*+()[\]{}/]/, '\\$&');
  if (min === max) return min === 1 ? one : `${one}{${min}}`;
  return `${one}{${min},${max}}`;
}
