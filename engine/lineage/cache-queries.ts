import type {
  CachedStep,
  CacheFindRequest,
  CacheFindResponse,
  DatasetVersionRef,
  LineageRecord,
  LineageRecordOf,
} from '../../schemas/index.js';
import { cacheKeyBits } from './hash-keys.js';
import { covers, marksOn, type MarkRow } from './mark-queries.js';
import type { Reader } from './reader.js';

/** Runs of a partition, and steps of a name, among which the last computation is looked for. */
const LAST_RUNS = 50;

/**
 * The newest result under a key, if it may be reused: it is not too old, nothing that it is or was made of was recalled,
 * and retention has not let it go. Older results under the key do not count: the newest is what the last to compute it
 * found. Whether its bytes are there is for who has the object store to say.
 */
export async function findCached(read: Reader, request: CacheFindRequest): Promise<CacheFindResponse> {
  const found = await newestEntry(read, request.key);
  if (found === undefined) return { entry: null, reason: null, last: await lastComputed(read, request) };
  const { payload, ...about } = found;
  const entry: CachedStep = {
    ...about,
    ...{ step: payload.step, summary: payload.summary, inputs: payload.inputs, inputModels: payload.inputModels },
    output: payload.output ?? {},
    records: await madeBy(read, payload),
  };
  const reason = tooOld(entry, request.maxAgeSeconds) ?? (await takenBack(read, entry));
  return reason === null ? { entry, reason, last: null } : { entry: null, reason, last: null };
}

type Found = Pick<CachedStep, 'runId' | 'pipeline' | 'partition' | 'recordedAt' | 'ageSeconds'> & {
  payload: LineageRecordOf<'step_finished'>;
};

async function newestEntry(read: Reader, key: string): Promise<Found | undefined> {
  const rows = await read<{ payload: string; recorded_at: string; age_ms: number }>(
    `SELECT payload, recorded_at, epoch_ms(now()::TIMESTAMPTZ AT TIME ZONE 'UTC') - epoch_ms(recorded_at) AS age_ms
     FROM events WHERE sequence IN (SELECT sequence FROM cached_steps WHERE key = $1::UBIGINT ORDER BY sequence DESC LIMIT 5)
     ORDER BY sequence DESC`,
    [cacheKeyBits(key)],
  );
  const found = rows
    .map((row) => ({ ...row, payload: JSON.parse(row.payload) as LineageRecordOf<'step_finished'> }))
    .find(({ payload }) => payload.cache?.key === key);
  if (found === undefined) return undefined;
  const { payload } = found;
  const [start] = await read<{ pipeline: string; partition: string }>(
    'SELECT pipeline, partition FROM run_starts WHERE run_id = $1 ORDER BY sequence LIMIT 1',
    [payload.runId],
  );
  const ageSeconds = Math.max(0, found.age_ms / 1000);
  const { pipeline = null, partition = null } = start ?? {};
  return { runId: payload.runId, pipeline, partition, recordedAt: found.recorded_at, ageSeconds, payload };
}

/** Records of the version or model that a step left: who reuses it puts the same on record. */
async function madeBy(
  read: Reader,
  { runId, step, output }: LineageRecordOf<'step_finished'>,
): Promise<LineageRecord[]> {
  const rows = await read<{ payload: string }>(
    `SELECT payload FROM events WHERE sequence IN (
       SELECT max(sequence) FROM dataset_versions WHERE run_id = $1 AND step = $2 AND version = $3
       UNION ALL SELECT max(sequence) FROM trainings WHERE run_id = $1 AND step = $2 AND digest = $4)`,
    [runId, step, output?.dataset?.version ?? '', output?.model?.digest ?? ''],
  );
  return rows.map(({ payload }) => JSON.parse(payload) as LineageRecord);
}

function tooOld({ runId, ageSeconds }: CachedStep, maxAgeSeconds: number | null): string | null {
  if (maxAgeSeconds === null || ageSeconds <= maxAgeSeconds) return null;
  return `what run ${runId.slice(0, 12)} computed is ${Math.round(ageSeconds)} s old, and maxAge is ${maxAgeSeconds} s`;
}

async function takenBack(read: Reader, { runId, inputs, inputModels, output }: CachedStep): Promise<string | null> {
  const of = `what run ${runId.slice(0, 12)} computed`;
  const made = [output.dataset ?? [], output.quarantine ?? []].flat();
  const removed = await removedOf(read, made);
  if (removed !== undefined) return `retention let go of ${of}: ${nameOf(removed)}`;
  const refs = [...made, ...inputs];
  const marks = new Map<string, MarkRow[]>();
  for (const dataset of new Set(refs.map((ref) => ref.dataset))) marks.set(dataset, await marksOn(read, { dataset }));
  for (const ref of refs) {
    const taint = marks.get(ref.dataset)?.find((mark) => mark.mark === 'taint' && covers(mark, ref));
    if (taint === undefined) continue;
    const which = made.includes(ref) ? `${of} was recalled` : `${of} came of ${nameOf(ref)}, which was recalled`;
    return `${which} by ${taint.actor}: ${taint.reason}`;
  }
  for (const { model, digest } of [output.model ?? [], inputModels].flat()) {
    const taint = (await marksOn(read, { model })).find(({ mark, version }) => mark === 'taint' && version === digest);
    if (taint !== undefined) return `${of} has a model that was recalled by ${taint.actor}: ${taint.reason}`;
  }
  return null;
}

async function removedOf(read: Reader, refs: readonly DatasetVersionRef[]): Promise<DatasetVersionRef | undefined> {
  for (const ref of refs) {
    const rows = await read(
      'SELECT 1 AS gone FROM removed_versions WHERE dataset = $1 AND partition = $2 AND version = $3',
      [ref.dataset, ref.partition, ref.version],
    );
    if (rows.length > 0) return ref;
  }
  return undefined;
}

/** What the step was computed from last; of the same partition if it was. */
async function lastComputed(
  read: Reader,
  { pipeline, partition, step }: CacheFindRequest,
): Promise<CacheFindResponse['last']> {
  const [last] = await read<{ run_id: string; partition: string; parts: string | null }>(
    `WITH same AS (
       SELECT run_id FROM run_starts WHERE pipeline = $1 AND partition = $2 ORDER BY sequence DESC LIMIT ${LAST_RUNS}),
     near AS (
       SELECT sequence, run_id FROM cached_steps WHERE step = $3 ORDER BY sequence DESC LIMIT ${LAST_RUNS}),
     computed AS (
       SELECT sequence, run_id, true AS here FROM cached_steps SEMI JOIN same USING (run_id) WHERE step = $3
       UNION ALL SELECT sequence, run_id, false FROM near)
     SELECT c.run_id, s.partition, e.payload->>'$.cache.parts' AS parts
     FROM computed c JOIN run_starts s USING (run_id) JOIN events e ON e.sequence = c.sequence
     WHERE s.pipeline = $1 ORDER BY here DESC, c.sequence DESC LIMIT 1`,
    [pipeline, partition, step],
  );
  if (last === undefined || last.parts === null) return null;
  return { runId: last.run_id, partition: last.partition, parts: JSON.parse(last.parts) as Record<string, string> };
}

function nameOf({ dataset, partition, version }: DatasetVersionRef): string {
  return `${dataset}/${partition}@${version.slice(0, 12)}`;
}
