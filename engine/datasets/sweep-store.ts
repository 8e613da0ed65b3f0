import { MillraceError, type RecordedObject } from '../../schemas/index.js';
import type { ListedObject, ObjectStore } from './object-store.js';

export interface SweepOptions {
  store: ObjectStore;
  /** All objects that are on record, asked for after the store was listed: what was committed meanwhile is among them. */
  recorded: () => AsyncIterable<RecordedObject>;
  /** Objects that were put after this are left alone: their commit may still come. */
  before: Date;
  /** Counts what would be removed, and removes nothing. */
  dryRun: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string) => void) | undefined;
}

/** What a sweep found and did. */
export interface SweepReport {
  dryRun: boolean;
  before: string;
  /** Objects in the store, and those that something on record needs. */
  objects: number;
  committedObjects: number;
  /** Objects that nothing on record needs, but that are too young to be judged. */
  tooYoung: number;
  /** Objects that were removed, or would be. */
  removed: { objects: number; bytes: number };
  /** Objects that were put again while the sweep ran, and stay. */
  renewed: number;
  /** Uploads that were begun before the time and never finished. */
  unfinishedUploads: number;
}

const REPORT_EVERY = 1_000;

/**
 * Removes objects that nothing on record refers to: what attempts left behind that were given up, cancelled or refused.
 * All that is on record stays, published or not, and with it whatever a model, an alias or an endpoint needs. Putting an
 * object again makes it younger, so that no writer relies on one that is about to go; the grace time has to be longer than
 * any attempt and any outage of the lineage owner.
 * @throws MillraceError OBJECT_NOT_FOUND or OBJECT_CORRUPT, with nothing removed, when a manifest on record cannot be read:
 * then this is not the store that the record is about
 */
export async function sweepStore(options: SweepOptions): Promise<SweepReport> {
  const { store, before, dryRun, signal, onProgress } = options;
  const objects = new Map<string, ListedObject>();
  for await (const object of store.objects()) {
    signal?.throwIfAborted();
    objects.set(object.digest, object);
    if (objects.size % REPORT_EVERY === 0) onProgress?.(`listed ${objects.size} objects`);
  }
  const needed = await neededObjects(options, objects);
  const spare = [...objects.values()].filter(({ digest }) => !needed.has(digest));
  const old = spare.filter(({ putAt }) => putAt < before);
  const report: SweepReport = {
    dryRun,
    before: before.toISOString(),
    objects: objects.size,
    committedObjects: needed.size,
    tooYoung: spare.length - old.length,
    removed: { objects: 0, bytes: 0 },
    renewed: 0,
    unfinishedUploads: await store.removeUnfinished(before, dryRun),
  };
  for (const object of old) {
    signal?.throwIfAborted();
    if (!dryRun && !(await store.remove(object))) {
      report.renewed += 1;
      continue;
    }
    report.removed.objects += 1;
    report.removed.bytes += object.bytes;
    if (report.removed.objects % REPORT_EVERY === 0) onProgress?.(`removed ${report.removed.objects} objects`);
  }
  return report;
}

/** Digests of all objects on record and of the files that manifests among them name. */
async function neededObjects(
  { store, recorded, signal, onProgress }: SweepOptions,
  objects: ReadonlyMap<string, ListedObject>,
): Promise<Set<string>> {
  const needed = new Set<string>();
  const read = new Set<string>();
  for await (const { uri, manifest } of recorded()) {
    signal?.throwIfAborted();
    const digest = uri.slice(uri.lastIndexOf('/') + 1);
    if (!uri.startsWith(`store://${store.name}/`)) continue;
    needed.add(digest);
    if (!manifest || read.has(digest)) continue;
    read.add(digest);
    if (!objects.has(digest) && !(await store.exists(uri))) {
      throw new MillraceError('OBJECT_NOT_FOUND', `${uri} is on record and not in the store; nothing was removed`);
    }
    for (const file of filesOf(await store.read(uri), uri)) needed.add(file);
    if (read.size % REPORT_EVERY === 0) onProgress?.(`read ${read.size} manifests`);
  }
  return needed;
}

/** Manifests of datasets and of models have this in common. */
function filesOf(bytes: Buffer, uri: string): string[] {
  const { files } = JSON.parse(bytes.toString('utf8')) as { files?: { digest?: unknown }[] };
  const digests = files?.map(({ digest }) => digest) ?? [];
  if (digests.every((digest) => typeof digest === 'string')) return digests;
  throw new MillraceError('OBJECT_CORRUPT', `${uri} is not a manifest; nothing was removed`);
}
