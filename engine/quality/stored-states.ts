import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { MillraceError } from '../../schemas/errors.js';
import type { ObjectStore } from '../datasets/index.js';
import { mergeProfiles } from './profile/merge-profiles.js';
import type { DatasetProfile } from './profile/profile.js';
import { mergeAll, type ScanResult } from './scan-files.js';
import type { CheckState } from './states.js';
import { parseStructured, structuredJson } from './structured-json.js';

/** Version of the form below; states of another version are refused rather than misread. */
export const STATES_VERSION = 1;

/** What the checks of a suite saw of a dataset: enough to judge it without its rows, alone or together with others. */
export interface DatasetStates extends ScanResult {
  /** Profile of its columns; null where none was taken. */
  profile: DatasetProfile | null;
}

/** States as text beyond which one is not kept: it holds a good part of the rows. */
const MOST_STATE_BYTES = 8 << 20;

/** Text that a reader accepts: a small object may unpack to more than there is memory. */
const MOST_BYTES = 256 << 20;

/**
 * Puts states into the object store: JSON, compressed. A state that is too large, as the keys of millions of unique values, is left
 * out, which makes its check an `error` for whoever judges by the stored states.
 * @returns the address
 */
export async function storeStates(store: Pick<ObjectStore, 'putBytes'>, seen: DatasetStates): Promise<string> {
  const states = mergeableStates(seen).states.map((state) => {
    const bytes = structuredJson(state).length;
    return bytes <= MOST_STATE_BYTES ? state : tooLarge(bytes);
  });
  const { uri } = await store.putBytes(await packed({ ...seen, states }));
  return uri;
}

/**
 * @throws MillraceError OBJECT_NOT_FOUND, OBJECT_CORRUPT also for states of another version, STORE_UNAVAILABLE
 */
export async function readStates(store: Pick<ObjectStore, 'read'>, uri: string): Promise<DatasetStates> {
  return unpacked(await store.read(uri), uri);
}

/** States as bytes, whole. */
export async function packed(seen: DatasetStates): Promise<Uint8Array> {
  return promisify(gzip)(structuredJson({ version: STATES_VERSION, ...seen }), { level: 1 });
}

/** @throws MillraceError OBJECT_CORRUPT */
export async function unpacked(bytes: Uint8Array, from: string): Promise<DatasetStates> {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
    const { version, ...seen } = parseStructured(text.toString('utf8')) as DatasetStates & { version: unknown };
    if (version === STATES_VERSION) return seen;
    throw new TypeError(`they are of version ${String(version)}, and this is version ${STATES_VERSION}`);
  } catch (error) {
    const reason = `${from} does not hold states that can be read: ${(error as Error).message}`;
    throw new MillraceError('OBJECT_CORRUPT', reason, { cause: error });
  }
}

/** The states of several datasets as if they were one, in their order. All are of the same suite. */
export function mergeStatesOf(parts: readonly DatasetStates[]): DatasetStates {
  return parts.reduce((before, next) => ({
    ...before,
    rows: before.rows + next.rows,
    states: mergeAll(before.states, next.states),
    profile: before.profile && next.profile && merged(before.profile, next.profile),
  }));
}

function merged(a: DatasetProfile, b: DatasetProfile): DatasetProfile | null {
  try {
    return mergeProfiles(a, b);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'SOURCE_SCHEMA_MISMATCH') return null;
    throw error;
  }
}

/** The same, but for answers about the whole, which cannot be put together from those about parts: they become errors. */
export function mergeableStates(seen: DatasetStates): DatasetStates {
  return { ...seen, states: seen.states.map(keptApart) };
}

function keptApart(state: CheckState): CheckState {
  if (state.kind === 'sql')
    return { kind: 'error', message: 'the answer of a query on each part is none on the whole' };
  if (state.kind !== 'spilled') return state;
  return { kind: 'error', message: 'its keys did not fit into memory, so no state is kept of them' };
}

function tooLarge(bytes: number): CheckState {
  return { kind: 'error', message: `its state of ${Math.ceil(bytes / 2 ** 20)} MiB is too large to be kept` };
}
