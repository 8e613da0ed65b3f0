import { utf8Length } from './text-size.js';

/** What a backfill is about: a range of keys, some keys, or, without any of them, all keys of a set. */
export interface BackfillRange {
  from?: string | undefined;
  to?: string | undefined;
  keys?: readonly string[] | undefined;
}

/** Name of a backfill of all keys of a set. */
const WHOLE = 'all';
/** Ids are for people: longer ones have a hash instead. */
const MOST_BYTES = 100;
/** Ids of Temporal have 1000 bytes at most, with the name of the pipeline. */
const MOST_RANGE_BYTES = 800;

/**
 * The name of what a backfill is about, as in its id: `FROM..TO`, `all`, the keys joined by commas, or, where those are many, how many
 * they are and a hash of them. The same keys in another order have the same name.
 */
export function backfillRange({ from, to, keys }: BackfillRange): string {
  if (keys !== undefined) {
    const sorted = [...new Set(keys)].sort();
    const listed = sorted.join(',');
    const plain = !sorted.some((key) => key.includes(',')) && listed !== WHOLE;
    return plain && utf8Length(listed) <= MOST_BYTES ? listed : `${sorted.length}-keys-${hashOf(sorted)}`;
  }
  if (from === undefined || to === undefined) return WHOLE;
  const range = `${from}..${to}`;
  return utf8Length(range) <= MOST_RANGE_BYTES ? range : `range-${hashOf([from, to])}`;
}

const REQUESTER = 'backfill ';

/** Who asks for the runs of a backfill. */
export function backfillRequester(request: BackfillRange & { requestedBy: string }): string {
  return `${REQUESTER}${backfillRange(request)} by ${request.requestedBy}`.slice(0, 200);
}

/** Whether it was a backfill that asked for a run. */
export function isBackfillRequester(requestedBy: string): boolean {
  return requestedBy.startsWith(REQUESTER);
}

/** The same in the words of the command line. */
export function rangeOptions({ from, to, keys }: BackfillRange): string {
  if (keys !== undefined) return `--keys ${keys.map(quoted).join(' ')}`;
  return from === undefined || to === undefined ? '' : `--from ${quoted(from)} --to ${quoted(to)}`;
}

function quoted(key: string): string {
  return /^[\w:+.-]+$/.test(key) ? key : `'${key.replaceAll("'", "'\\''")}'`;
}

/** FNV-1a twice, from two beginnings: there is no cryptography in the sandbox of workflows, and none is needed to name things. */
function hashOf(parts: readonly string[]): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const part of parts) {
    for (let index = 0; index <= part.length; index++) {
      const code = index === part.length ? 0 : part.charCodeAt(index);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code ^ (a >>> 16), 0x85ebca6b);
    }
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
