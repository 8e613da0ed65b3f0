import { upsertSearchAttributes } from '@temporalio/workflow';
import type { createRunActivities } from '../activities/index.js';
import type { DeclaredPartitions, RunResult } from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { beginRun } from './begin-run.js';
import { proxyLocal } from './local-activities.js';
import type { Run } from './run.js';
import { endRun } from './run-outcome.js';
import { runAttributes } from './search-attributes.js';

const local = proxyLocal<ReturnType<typeof createRunActivities>>(QUICK);

/** What a workflow of your own says of itself. */
export interface OpenRunOptions {
  /** Name under which its runs are on record. */
  pipeline: string;
  /** Key of the partition; `all` by default. */
  partition?: string;
  /** @default { kind: 'none' } */
  partitions?: DeclaredPartitions;
  requestedBy?: string;
  /** Anything that says what the run does: kept on record, hashed. */
  specification?: Record<string, unknown>;
}

/**
 * Runs steps that a workflow of your own chains by hand: the run is on record from beginning to end, answers the query
 * `progress`, and shows its steps in the Temporal UI.
 *
 * @example
 * export async function weekly(input: { week: string }) {
 *   return withRun({ pipeline: 'weekly', partition: input.week, partitions: { kind: 'weekly', timezone: 'UTC' } }, async (run) => {
 *     const raw = await ingest(run, 'raw', { source: { kind: 'csv', path: 'weather.csv' }, dataset: 'weather' }, { publish: false });
 *     await check(run, 'quality', { suite: { checks: [{ type: 'row_count', min: 1 }] } }, raw.ref);
 *   });
 * }
 */
export async function withRun(options: OpenRunOptions, work: (run: Run) => Promise<void>): Promise<RunResult> {
  const { partitions = { kind: 'none' }, partition = 'all', specification = {}, requestedBy = 'unknown' } = options;
  const { window, digest, searchAttributes, codeLocation } = await local.openRun({
    partitions,
    partition,
    specification,
  });
  const started = Date.now();
  if (searchAttributes) upsertSearchAttributes(runAttributes({ pipeline: options.pipeline, window }));
  const run = await beginRun({
    pipeline: options.pipeline,
    partitions,
    window,
    logicalTime: new Date(started).toISOString(),
    requestedBy,
    searchAttributes,
    codeLocation,
    specification: { ...specification, digest },
  });
  return endRun(run, started, () => work(run));
}
