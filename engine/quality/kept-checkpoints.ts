import { z } from 'zod';
import type { ObjectStore } from '../datasets/index.js';
import { digestOf } from '../digest.js';
import type { Checkpoint, Checkpoints } from './run-scan.js';
import { packed, unpacked } from './stored-states.js';

/** How often a scan says how far it is. */
export interface CheckpointPace {
  /** A scan can only be left and gone on with between segments of about so many bytes. @default 32 MiB */
  segmentBytes?: number;
  /** Least time between two checkpoints that are kept, in milliseconds. @default 10,000 */
  everyMs?: number;
}

/** What is kept of a scan in progress: the states are in the object store, so that this stays small. */
const keptSchema = z.strictObject({
  /** Of what was scanned, and by what. */
  digest: z.string(),
  uri: z.string(),
  done: z.int().positive(),
  of: z.int().positive(),
});

/** A checkpoint whose states are larger is not kept: to write and read it takes longer than to see the rows again. */
const MOST_BYTES = 64 << 20;

const SEGMENT_BYTES = 32 << 20;

/**
 * Checkpoints of a scan in the object store, by reference.
 * @param about what is scanned and by what; a checkpoint of something else is passed over
 * @param last what an earlier attempt kept; anything else than that is no checkpoint
 * @param keep keeps a small value for a later attempt
 */
export async function keptCheckpoints(
  store: Pick<ObjectStore, 'putBytes' | 'read'>,
  about: unknown,
  { last, keep, segmentBytes = SEGMENT_BYTES, everyMs = 10_000 }: KeptCheckpoints,
): Promise<Checkpoints> {
  const digest = digestOf(about);
  let keptAt = performance.now();
  return {
    segmentBytes,
    resume: await readKept(store, digest, last),
    async save({ done, of, seen }) {
      if (performance.now() - keptAt < everyMs) return;
      const bytes = await packed({ ...seen, profile: null });
      if (bytes.length <= MOST_BYTES) {
        const { uri } = await store.putBytes(bytes);
        keep({ digest, uri, done, of } satisfies z.infer<typeof keptSchema>);
      }
      keptAt = performance.now();
    },
  };
}

interface KeptCheckpoints extends CheckpointPace {
  last: unknown;
  keep: (value: unknown) => void;
}

async function readKept(
  store: Pick<ObjectStore, 'read'>,
  digest: string,
  last: unknown,
): Promise<Checkpoint | undefined> {
  const kept = keptSchema.safeParse(last);
  if (!kept.success || kept.data.digest !== digest || kept.data.done >= kept.data.of) return undefined;
  const { uri, done, of } = kept.data;
  try {
    return { done, of, seen: await unpacked(await store.read(uri), uri) };
  } catch {
    // The rows are still there: a scan from the start is slower, not wrong.
    return undefined;
  }
}
