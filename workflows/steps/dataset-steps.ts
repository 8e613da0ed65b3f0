import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createDatasetActivities, WrittenDataset } from '../../activities/index.js';
import {
  checkStepSchema,
  ingestStepSchema,
  shortVersion,
  transformStepSchema,
  type DatasetVersionRef,
  type LineageRecord,
  type QualityReport,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { parseInput } from '../failures.js';
import { withBudgets } from '../retry-budgets.js';
import type { Run } from '../run.js';
import { recordBase, recordedStep, type StepOutcome } from './recorded-step.js';

type DatasetActivities = ReturnType<typeof createDatasetActivities>;

/** What a step function takes: the fields of a step of its type. */
type StepFields<S extends z.ZodType> = Omit<z.input<S>, 'type'>;

/** Whether a version becomes readable for others at once, or is left to a check. */
export interface PublishOption {
  /** @default true */
  publish?: boolean;
}

/** Copies one partition of a source into a dataset version. */
export async function ingest(
  run: Run,
  name: string,
  fields: StepFields<typeof ingestStepSchema>,
  { publish = true }: PublishOption = {},
): Promise<WrittenDataset> {
  const step = parseInput(ingestStepSchema, { ...fields, type: 'ingest' }, `step ${name}`);
  return recordedStep(run, name, 'ingest', async () => {
    const summary = `${step.dataset} ${run.window.key} from ${step.source.path}`;
    const { ingest } = proxyActivities<DatasetActivities>(workOptions('io', 'data', step, summary));
    return writtenOutcome(run, name, await withBudgets(() => ingest({ step, window: run.window })), publish, []);
  });
}

/** Makes a dataset version from others with one SQL query. */
export async function transform(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof transformStepSchema>, 'inputs'>,
  inputs: Record<string, DatasetVersionRef[]>,
  { publish = true }: PublishOption = {},
): Promise<WrittenDataset> {
  const step = parseInput(transformStepSchema, { ...fields, inputs: {}, type: 'transform' }, `step ${name}`);
  return recordedStep(run, name, 'transform', async () => {
    const { transform } = proxyActivities<DatasetActivities>(
      workOptions('io', 'data', step, `${step.dataset} ${run.window.key}`),
    );
    const written = await withBudgets(() => transform({ step, window: run.window, inputs }));
    return writtenOutcome(run, name, written, publish, Object.values(inputs).flat());
  });
}

/** Holds a dataset version to a suite. A failed suite is a value: its report says `fail`, and the version is not published. */
export async function check(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof checkStepSchema>, 'input'>,
  ref: DatasetVersionRef,
  { publish = true }: PublishOption = {},
): Promise<QualityReport> {
  const step = parseInput(checkStepSchema, { ...fields, input: 'input', type: 'check' }, `step ${name}`);
  return recordedStep(run, name, 'check', async () => {
    const summary = `${step.suite.checks.length} checks of ${ref.dataset} ${ref.partition}`;
    const { check } = proxyActivities<DatasetActivities>(workOptions('io', 'data', step, summary));
    const report = await withBudgets(() => check({ ref, suite: step.suite, window: run.window }));
    return checkOutcome(run, name, ref, report, publish);
  });
}

/** Makes a version the one that is read for its partition, from now on. */
export function published(run: Run, name: string, { dataset, partition, version }: DatasetVersionRef): LineageRecord {
  return { ...recordBase(run, name, 'published'), kind: 'dataset_published', dataset, partition, version };
}

function writtenOutcome(
  run: Run,
  name: string,
  written: WrittenDataset,
  publish: boolean,
  inputs: DatasetVersionRef[],
): StepOutcome<WrittenDataset> {
  const { ref, columns } = written;
  return {
    value: written,
    summary: `${ref.rows} rows, version ${shortVersion(ref.version)}`,
    output: { dataset: ref },
    inputs,
    records: [
      { ...recordBase(run, name, 'version'), kind: 'dataset_version', ref, columns },
      ...(publish ? [published(run, name, ref)] : []),
    ],
  };
}

function checkOutcome(
  run: Run,
  name: string,
  ref: DatasetVersionRef,
  report: QualityReport,
  publish: boolean,
): StepOutcome<QualityReport> {
  const { dataset, partition, version } = ref;
  const passed = report.verdict === 'pass' || report.verdict === 'warn';
  const result: LineageRecord = {
    ...recordBase(run, name, 'quality'),
    kind: 'quality_result',
    dataset,
    partition,
    version,
    report,
  };
  return {
    value: report,
    status: passed ? 'succeeded' : 'refused',
    code: passed ? null : report.verdict === 'error' ? 'QUALITY_ERROR' : 'QUALITY_FAILED',
    summary: reportSummary(report),
    output: { dataset: ref },
    inputs: [ref],
    records: [result, ...(passed && publish ? [published(run, name, ref)] : [])],
  };
}

/** One line: how many checks passed, and each that did not with its count and one example. */
export function reportSummary(report: QualityReport): string {
  const bad = report.checks.filter((result) => result.status !== 'pass');
  const head = `${report.checks.length - bad.length} of ${report.checks.length} checks passed on ${report.rows} rows`;
  const rest = bad.map((result) => {
    const example = result.examples[0];
    const shown = example === undefined ? '' : `, as in ${JSON.stringify(example)}`;
    const count = result.total > 0 ? `${result.failing} of ${result.total}` : JSON.stringify(result.observed);
    return `${result.name} ${result.status}: ${result.message ?? `${count}, expected ${result.threshold}`}${shown}`;
  });
  return [head, ...rest].join('; ');
}
