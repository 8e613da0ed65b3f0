import { hint, MillraceError, type KnownKeys } from '../../schemas/index.js';

/** Keys that a message lists; more are counted. */
const LISTED_KEYS = 20;
/** Keys among which the nearest to a wrong one is looked for. */
const HINTED_KEYS = 1_000;

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** @throws MillraceError PARTITION_UNKNOWN for a key that a dynamic set does not have, PARTITION_INVALID for one of a static set */
export function requireMember(keys: KnownKeys, key: string): void {
  const known = sets.get(keys.keys) ?? new Set(keys.keys);
  sets.set(keys.keys, known);
  if (known.has(key)) return;
  if (keys.set !== undefined) throw unknownKey(keys.set, key, keys.keys);
  throw new MillraceError('PARTITION_INVALID', `partition ${JSON.stringify(key)}: the keys are ${listKeys(keys)}`);
}

/** The error about a key that a dynamic set does not have. */
export function unknownKey(set: string, key: string, keys: readonly string[], total = keys.length): MillraceError {
  const near = keys.length <= HINTED_KEYS ? hint(key, keys) : '';
  const has = total === 0 ? 'which is empty' : `which has ${total} key${total === 1 ? '' : 's'}`;
  return new MillraceError(
    'PARTITION_UNKNOWN',
    `partition ${JSON.stringify(key)} is not in the set ${set}, ${has}${near}`,
  );
}

/** The keys, for a message. */
export function listKeys({ keys, set }: KnownKeys): string {
  const shown = keys.slice(0, LISTED_KEYS).join(', ');
  const more = keys.length > LISTED_KEYS ? ` and ${keys.length - LISTED_KEYS} more` : '';
  if (set === undefined) return `${shown}${more}`;
  return keys.length === 0 ? `the set ${set}, which is empty` : `the set ${set}: ${shown}${more}`;
}
