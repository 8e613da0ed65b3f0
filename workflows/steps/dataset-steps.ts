import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createDatasetActivities, WrittenDataset } from '../../activities/index.js';
import {
  ingestStepSchema,
  shortVersion,
  sourceName,
  transformStepSchema,
  type CachedStep,
  type DatasetVersionRef,
  type LineageRecord,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { failure, parseInput } from '../failures.js';
import { inPool } from './in-pool.js';
import type { Run } from '../run.js';
import { throughCache } from './cached-step.js';
import { recordBase, recordedStep, type StepOutcome } from './recorded-step.js';
import { refuseTainted } from './tainted.js';

type DatasetActivities = ReturnType<typeof createDatasetActivities>;

/** What a step function takes: the fields of a step of its type. */
type StepFields<S extends z.ZodType> = Omit<z.input<S>, 'type'>;

/** Whether a version becomes readable for others at once, or is left to a check. */
export interface PublishOption {
  /** Asked when the outcome is known to be good. @default true */
  publish?: boolean | (() => boolean);
}

/** Copies one partition of a source into a dataset version. */
export async function ingest(
  run: Run,
  name: string,
  fields: StepFields<typeof ingestStepSchema>,
  options: PublishOption = {},
): Promise<WrittenDataset> {
  const step = parseInput(ingestStepSchema, { ...fields, type: 'ingest' }, `step ${name}`);
  const restore = (entry: CachedStep) => writtenOutcome(run, name, writtenBefore(run, step, entry), options, []);
  return recordedStep(run, name, 'ingest', (state) =>
    throughCache(run, state, { step, restore }, async () => {
      const summary = `${step.dataset} ${run.window.key} from ${sourceName(step.source)}`;
      const { ingest } = proxyActivities<DatasetActivities>(workOptions('io', 'data', step, summary));
      const written = await inPool(run, name, step, () => ingest({ step, window: run.window }));
      return writtenOutcome(run, name, written, options, []);
    }),
  );
}

/** Makes a dataset version from others with one SQL query. */
export async function transform(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof transformStepSchema>, 'inputs'>,
  inputs: Record<string, DatasetVersionRef[]>,
  options: PublishOption = {},
): Promise<WrittenDataset> {
  const step = parseInput(transformStepSchema, { ...fields, inputs: {}, type: 'transform' }, `step ${name}`);
  const read = Object.values(inputs).flat();
  // What is ignored may have been read in another version, and what was read is what goes on record.
  const readBefore = (entry: CachedStep) => (step.cache?.ignore === undefined ? read : entry.inputs);
  const restore = (entry: CachedStep) =>
    writtenOutcome(run, name, writtenBefore(run, step, entry), options, readBefore(entry));
  return recordedStep(run, name, 'transform', async (state) => {
    refuseTainted(run, name, read);
    return throughCache(run, state, { step, inputs, restore }, async () => {
      const { transform } = proxyActivities<DatasetActivities>(
        workOptions('io', 'data', step, `${step.dataset} ${run.window.key}`),
      );
      const written = await inPool(run, name, step, () => transform({ step, window: run.window, inputs }));
      return writtenOutcome(run, name, written, options, read);
    });
  });
}

/** Whether a version whose outcome is good is to be published now. */
export function isPublished({ publish = true }: PublishOption): boolean {
  return typeof publish === 'function' ? publish() : publish;
}

/** Makes a version the one that is read for its partition, from now on. */
export function published(
  run: Run,
  name: string,
  { dataset, partition, version }: DatasetVersionRef,
  fact = 'published',
): LineageRecord {
  return { ...recordBase(run, name, fact), kind: 'dataset_published', dataset, partition, version };
}

/** What another run wrote, as the version of this run’s partition: equal content has the same version everywhere. */
function writtenBefore(run: Run, { dataset }: { dataset: string }, { output, records }: CachedStep): WrittenDataset {
  const made = records.find((record) => record.kind === 'dataset_version');
  if (output.dataset === undefined || made === undefined) throw failure('INTERNAL', `${dataset} was cached without it`);
  const { columns, columnLineage, sources } = made;
  const ref = { ...output.dataset, dataset, partition: run.window.key };
  return { ref, columns, ...(columnLineage && { columnLineage }), ...(sources && { sources }) };
}

function cutTold(columns: readonly string[]): string {
  const more = columns.length > 3 ? ` and ${columns.length - 3} more` : '';
  return `nanoseconds of ${columns.slice(0, 3).join(', ')}${more} are cut to microseconds`;
}

function writtenOutcome(
  run: Run,
  name: string,
  written: WrittenDataset,
  options: PublishOption,
  inputs: DatasetVersionRef[],
): StepOutcome<WrittenDataset> {
  const { ref, columns, columnLineage, sources, cutTimes: cut = [] } = written;
  return {
    value: written,
    summary: `${ref.rows} rows, version ${shortVersion(ref.version)}${cut.length === 0 ? '' : `; ${cutTold(cut)}`}`,
    code: cut.length === 0 ? null : 'TIMES_CUT',
    output: { dataset: ref },
    inputs,
    records: [
      {
        ...recordBase(run, name, 'version'),
        kind: 'dataset_version',
        ref,
        columns,
        ...(columnLineage && { columnLineage }),
        ...(sources && { sources }),
      },
      ...(isPublished(options) ? [published(run, name, ref)] : []),
    ],
  };
}
