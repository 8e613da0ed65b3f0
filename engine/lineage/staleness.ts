import {
  partitionsSchema,
  shortVersion,
  type StalePartition,
  type StaleReason,
  type StaleResponse,
} from '../../schemas/index.js';
import { dynamicSets } from '../datasets/index.js';
import { currentSpecifications, type CurrentSpecification } from './current-specifications.js';
import { expectedPartitions } from './expected-partitions.js';
import { cursorOf, parseCursor } from './page-cursor.js';
import { keysOfSets } from './partition-set-queries.js';
import type { Bound, Reader } from './reader.js';
import { staleSql } from './staleness-sql.js';

/** Changed inputs that are named in a reason; the rest is counted. */
const NAMED_INPUTS = 5;

/**
 * Partitions that are not what a run would make of them now, with every reason.
 *
 * Exact, because versions are content-derived: a partition is compared with the versions that were read when its content
 * was written last, not with times. It follows that what is further down becomes stale only when what it reads was
 * published anew with other content; a repetition that changes nothing makes nothing stale.
 * @param options `after`: the `next` of the page before; `now`: for tests
 */
export async function stalePartitions(
  read: Reader,
  options: { dataset?: string; limit: number; after?: string; now?: Date },
): Promise<StaleResponse> {
  const after = options.after === undefined ? null : parseCursor(options.after, 2);
  const specifications = await currentSpecifications(read);
  const expected = await expectedKeys(read, specifications, options.now ?? new Date());
  const values = [...specificationValues(specifications), expected.datasets, expected.partitions];
  const rows = await read<StaleRow>(staleSql(after !== null), [
    ...values,
    options.dataset ?? null,
    options.limit + 1,
    ...(after ?? []),
  ]);
  const counts = rows.filter((row) => row.partition === null);
  const found = rows.filter((row): row is FoundRow => row.partition !== null);
  const page = found.slice(0, options.limit);
  const last = page.at(-1);
  const count = (reason: StaleReason) => counts.find((row) => row.reasons === reason)?.total ?? 0;
  return {
    total: counts.find((row) => row.reasons === 'total')?.total ?? 0,
    counts: {
      missing: count('missing'),
      failed: count('failed'),
      input_changed: count('input_changed'),
      code_changed: count('code_changed'),
      specification_changed: count('specification_changed'),
    },
    partitions: await describePage(read, page),
    next: found.length > page.length && last !== undefined ? cursorOf([last.dataset, last.partition]) : null,
  };
}

/** A row of the answer: a stale partition, or, without a partition, the count of one reason. */
interface StaleRow {
  dataset: string;
  partition: string | null;
  /** Reasons joined by commas. */
  reasons: string;
  total: number;
  sequence: number | null;
  writer: string | null;
  failed_run: string | null;
}
type FoundRow = StaleRow & { partition: string };

function specificationValues(specifications: readonly CurrentSpecification[]): Bound[] {
  const steps = specifications.flatMap(({ pipeline, steps: all }) =>
    all.flatMap(({ dataset, ...step }) => (dataset === null ? [] : [{ pipeline, dataset, ...step }])),
  );
  return [
    steps.map(({ pipeline }) => pipeline),
    steps.map(({ step }) => step),
    steps.map(({ digest }) => digest),
    steps.map(({ codeDigest }) => codeDigest ?? ''), // lists hold no nulls
    steps.map(({ dataset }) => dataset),
    steps.map(({ pipeline }) => pipeline),
  ];
}

async function expectedKeys(
  read: Reader,
  specifications: readonly CurrentSpecification[],
  now: Date,
): Promise<{ datasets: string[]; partitions: string[] }> {
  const known = await read<{ dataset: string; first: string; last: string }>(
    'SELECT dataset, min(partition) AS first, max(partition) AS last FROM publications GROUP BY dataset',
  );
  const datasets: string[] = [];
  const partitions: string[] = [];
  const sets = await keysOfSets(read, setsOf(specifications));
  for (const { specification, steps } of specifications) {
    const cut = cutOf(specification);
    for (const dataset of new Set(steps.map((step) => step.dataset))) {
      if (dataset === null) continue;
      for (const key of expectedPartitions(
        cut,
        known.find((row) => row.dataset === dataset),
        now,
        sets,
      )) {
        datasets.push(dataset);
        partitions.push(key);
      }
    }
  }
  return { datasets, partitions };
}

const cutOf = (specification: unknown) => (specification as { partitions?: unknown } | null)?.partitions;

function setsOf(specifications: readonly CurrentSpecification[]): string[] {
  return specifications.flatMap(({ specification }) => {
    const parsed = partitionsSchema.safeParse(cutOf(specification));
    return parsed.success ? dynamicSets(parsed.data) : [];
  });
}

/** Puts the reasons of one page into words. */
async function describePage(read: Reader, page: readonly FoundRow[]): Promise<StalePartition[]> {
  if (page.length === 0) return [];
  const sequences = page.flatMap(({ sequence }) => (sequence === null ? [] : [String(sequence)]));
  const heads = await read<{ sequence: number; version: string; run_id: string }>(
    `SELECT p.sequence, p.version, arg_max(v.run_id, v.sequence) AS run_id
     FROM publications p JOIN dataset_versions v USING (dataset, partition, version)
     WHERE p.sequence IN (SELECT unnest($1)::BIGINT) GROUP BY ALL`,
    [sequences],
  );
  const head = new Map(heads.map((row) => [row.sequence, row]));
  const inputs = await changedInputs(read, page);
  const failures = await failureMessages(read, page);
  return page.map(({ dataset, partition, reasons, sequence, writer, failed_run: failedRun }) => {
    const published = sequence === null ? undefined : head.get(sequence);
    const message = (reason: StaleReason): string => {
      switch (reason) {
        case 'missing':
          return 'no version was ever published';
        case 'failed':
          return failures.get(failedRun ?? '') ?? `run ${failedRun} did not publish it`;
        case 'input_changed':
          return inputs.get(writer ?? '') ?? 'an input is published in another version';
        case 'code_changed':
          return 'the SQL of the step is not what it was written with';
        case 'specification_changed':
          return 'the step is not specified as it was when it was written';
      }
    };
    return {
      dataset,
      partition,
      version: published?.version ?? null,
      runId: published?.run_id ?? null,
      reasons: (reasons.split(',') as StaleReason[]).sort().map((reason) => ({ reason, message: message(reason) })),
    };
  });
}

async function changedInputs(read: Reader, page: readonly FoundRow[]): Promise<Map<string, string>> {
  const writers = page.flatMap(({ writer, reasons }) => (reasons.includes('input_changed') && writer ? [writer] : []));
  if (writers.length === 0) return new Map();
  const rows = await read<{ writer: string; dataset: string; partition: string; was: string; now: string }>(
    `WITH inputs AS (SELECT DISTINCT writer, slot, dataset, partition, version FROM step_inputs
                     WHERE writer IN (SELECT unnest($1)::UBIGINT)),
          heads AS (SELECT slot, max(sequence) AS sequence FROM publication_keys SEMI JOIN inputs USING (slot) GROUP BY slot)
     SELECT i.writer::VARCHAR AS writer, i.dataset, i.partition, i.version AS was, p.version AS now
     FROM inputs i JOIN heads h USING (slot) JOIN publications p ON p.sequence = h.sequence
     WHERE i.version <> p.version ORDER BY i.dataset, i.partition`,
    [writers],
  );
  const byWriter = new Map<string, string[]>();
  for (const { writer, dataset, partition, was, now } of rows) {
    const text = `${dataset} ${partition} was read as ${shortVersion(was)} and is ${shortVersion(now)} now`;
    byWriter.set(writer, [...(byWriter.get(writer) ?? []), text]);
  }
  return new Map([...byWriter].map(([writer, texts]) => [writer, listed(texts)]));
}

async function failureMessages(read: Reader, page: readonly FoundRow[]): Promise<Map<string, string>> {
  const runs = page.flatMap(({ failed_run: run }) => (run === null ? [] : [run]));
  if (runs.length === 0) return new Map();
  const rows = await read<{ run_id: string; verdict: string; reason: string; message: string }>(
    'SELECT run_id, verdict, reason, message FROM run_ends WHERE run_id IN (SELECT unnest($1)) ORDER BY sequence',
    [runs],
  );
  return new Map(
    rows.map((row) => [row.run_id, `run ${row.run_id} ${row.verdict}: ${row.reason}, ${row.message}`] as const),
  );
}

function listed(texts: readonly string[]): string {
  const more = texts.length - NAMED_INPUTS;
  return [...texts.slice(0, NAMED_INPUTS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
