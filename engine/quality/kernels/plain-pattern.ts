/** Whether the text in UTF-8 from one byte to another matches. */
export type MatchBytes = (bytes: Uint8Array, from: number, to: number) => boolean;

/** So many characters of a set, one behind the other. */
interface Item {
  /** A byte each: 1 where it is of the set. All bytes of characters beyond ASCII are, or none is. */
  set: Uint8Array;
  min: number;
  max: number;
}

/** RE2 allows no more repetitions that are counted. */
const MOST_COUNTED = 1000;

/**
 * A pattern that is matched on bytes, without decoding: sets of characters one behind the other from the beginning of the text, as
 * `^[A-Z]{3}$` or `^user-\d+$`, in which each byte leaves but one way to go on. Null for all other patterns, which are RE2’s.
 * The outcome is that of RE2, also where the bytes are not UTF-8.
 */
export function plainPattern(pattern: string): MatchBytes | null {
  const toEnd = pattern.endsWith('$') && !pattern.endsWith('\\$');
  const items = pattern.startsWith('^') ? itemsOf(pattern.slice(1, toEnd ? -1 : undefined)) : null;
  if (items === null || !items.every((_, i) => leavesOneWay(items, i))) return null;
  return (bytes, from, to) => {
    let at = from;
    for (const { set, min, max } of items) {
      const start = at;
      const end = max < to - at ? at + max : to;
      while (at < end && set[bytes[at]!] === 1) at++;
      if (at - start < min) return false;
    }
    return !toEnd || at === to;
  };
}

/** Whether what an item may take is never what could come after it, so that it takes all it can. */
function leavesOneWay(items: readonly Item[], i: number): boolean {
  const { set, min, max } = items[i]!;
  if (min === max) return true;
  for (const next of items.slice(i + 1)) {
    if (next.set.some((inSet, byte) => inSet === 1 && set[byte] === 1)) return false;
    if (next.min > 0) return true;
  }
  return true;
}

function itemsOf(source: string): Item[] | null {
  const items: Item[] = [];
  let rest = source;
  while (rest !== '') {
    const atom = /^(?:\[(?:[^\\[\]]|\\.)+\]|\\.|[^\\[\](){}|*+?^$])/s.exec(rest)?.[0];
    if (atom === undefined) return null;
    rest = rest.slice(atom.length);
    const counted = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(rest);
    if (counted !== null) rest = rest.slice(counted[0].length);
    const set = atom.startsWith('[') ? classOf(atom.slice(1, -1)) : setOf(atom);
    const [min, max] = countsOf(counted);
    if (set === null || min > MOST_COUNTED || (max !== Infinity && max > MOST_COUNTED)) return null;
    // A character beyond ASCII has several bytes, so it is not counted.
    if (set[0x80] === 1 && (min > 1 || max !== Infinity)) return null;
    items.push({ set, min, max });
  }
  return items;
}

function countsOf(counted: RegExpExecArray | null): [min: number, max: number] {
  if (counted === null) return [1, 1];
  const [sign, least, more, most] = counted;
  if (least === undefined) return sign === '*' ? [0, Infinity] : sign === '+' ? [1, Infinity] : [0, 1];
  const min = Number(least);
  return [min, more === undefined ? min : most === '' ? Infinity : Number(most)];
}

/** The set of what stands between the brackets. */
function classOf(members: string): Uint8Array | null {
  const isNegated = members.startsWith('^');
  const set = new Uint8Array(256);
  let rest = isNegated ? members.slice(1) : members;
  if (rest === '') return null;
  if (rest.startsWith('-')) [rest, set[0x2d]] = [rest.slice(1), 1];
  while (rest !== '') {
    // A hyphen stands for itself at both ends.
    const range = /^(?:([^\\-])-([^\\-])|\\.|[^\\-]|-$)/s.exec(rest);
    if (range === null) return null;
    rest = rest.slice(range[0].length);
    const [first, last] = [range[1], range[2]].map((sign) => sign?.charCodeAt(0));
    if (first !== undefined && last !== undefined) {
      if (first > last || last > 0x7f) return null;
      set.fill(1, first, last + 1);
      continue;
    }
    const one = range[0] === '.' ? only('.') : setOf(range[0]);
    if (one === null || one[0x80] === 1) return null;
    one.forEach((inSet, byte) => (set[byte] = set[byte]! | inSet));
  }
  return isNegated ? set.map((inSet) => 1 - inSet) : set;
}

/** The set of one character, of `.`, or of what has a backslash. */
function setOf(sign: string): Uint8Array | null {
  if (sign === '.') return only('\n').map((inSet) => 1 - inSet);
  if (!sign.startsWith('\\')) return sign.charCodeAt(0) <= 0x7f && sign.length === 1 ? only(sign) : null;
  const named = NAMED[sign[1]!];
  if (named !== undefined) return only(named);
  return /^[!-/:-@[-`{-~]$/.test(sign[1]!) ? only(sign[1]!) : null;
}

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Classes that have a letter; in RE2 they are of ASCII. */
const NAMED: Readonly<Record<string, string>> = {
  d: DIGITS,
  w: `${DIGITS}${LETTERS}${LETTERS.toUpperCase()}_`,
  s: '\t\n\f\r ',
};

function only(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) set[characters.charCodeAt(i)] = 1;
  return set;
}
