import { z } from 'zod';
import { utf8Length } from './text-size.js';

/** Stands between the parts of a key of several dimensions, as in `2001-03-01|north`. */
export const DIMENSION_SEPARATOR = '|';

/** The one key of data that is not cut. */
export const WHOLE_KEY = 'all';

/** Characters of a key at most: it is part of ids, search attributes and names of files. */
export const LONGEST_KEY = 200;

/** Bytes of a key in UTF-8 at most: Temporal takes ids of 1000, and one may have two keys in it. */
const MOST_BYTES = 400;

/** Keys of a static set at most: they are part of the specification, which is in the history of every run. */
export const MOST_STATIC_KEYS = 10_000;

/** Characters of all keys of a static set at most, for the same reason. */
export const MOST_STATIC_CHARACTERS = 500_000;

/** What these would break: `/` and `\` paths and addresses, `|` keys of two dimensions, `@` names of versions. */
const RESERVED = /[/\\|@]/u;
/** Control characters, marks that nobody sees, halves of characters, and ends of lines. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * What is wrong with a key that people choose, as a text that says how to mend it; undefined for a good one. Keys are part of ids of
 * workflows, of names of files and of addresses, so they have 1 to 200 characters that can be seen, and none that means something there.
 */
export function partitionKeyProblem(key: string): string | undefined {
  if (key === '') return 'must not be empty';
  if (key.length > LONGEST_KEY) return `must have at most ${LONGEST_KEY} characters, not ${key.length}`;
  if (utf8Length(key) > MOST_BYTES) return `must have at most ${MOST_BYTES} bytes in UTF-8, not ${utf8Length(key)}`;
  const unseen = UNSEEN.exec(key)?.[0];
  if (unseen !== undefined) return `must not have the invisible character ${codePoint(unseen)} in it`;
  if (key !== key.trim()) return `must not begin or end with a blank; write ${JSON.stringify(key.trim())}`;
  const reserved = RESERVED.exec(key)?.[0];
  if (reserved !== undefined) {
    return `must not have "${reserved}" in it, which means something in ids and paths; write "-" or "_" instead`;
  }
  if (key.startsWith('.')) return 'must not begin with ".", as names of hidden files do';
  if (key.includes('..')) return 'must not have ".." in it, which means something in paths and ranges';
  if (key !== key.normalize('NFC')) {
    return `must be in Unicode’s composed form (NFC): ${JSON.stringify(key.normalize('NFC'))} would look the same and be another key`;
  }
  return undefined;
}

/** A key that people choose: of a static or a dynamic set. */
export const partitionKeyField = z.string().check((context) => {
  const message = partitionKeyProblem(context.value);
  if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
});

/** Keys of a static set: some, not too many, none twice. */
export const staticKeysField = z
  .array(partitionKeyField)
  .min(1, 'must have at least one key; a set that is filled later is { kind: "dynamic", set: "NAME" }')
  .max(MOST_STATIC_KEYS, `must have at most ${MOST_STATIC_KEYS} keys; a larger set is { kind: "dynamic", set: "NAME" }`)
  .check((context) => {
    const first = new Map<string, number>();
    for (const [index, key] of context.value.entries()) {
      const before = first.get(key);
      if (before === undefined) first.set(key, index);
      else {
        const message = `must not be there twice; it is keys[${before}] already`;
        context.issues.push({ code: 'custom', message, input: key, path: [index] });
      }
    }
    const characters = context.value.reduce((sum, key) => sum + key.length, 0);
    if (characters <= MOST_STATIC_CHARACTERS) return;
    const message = `must have at most ${MOST_STATIC_CHARACTERS} characters in all, not ${characters}; a larger set is { kind: "dynamic", set: "NAME" }`;
    context.issues.push({ code: 'custom', message, input: context.value });
  });

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
