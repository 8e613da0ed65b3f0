import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createQualityActivities } from '../../activities/index.js';
import {
  checkStepSchema,
  type DatasetVersionRef,
  type GateDecision,
  type QualityReport,
  type StepState,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { commitRecords } from '../commit-records.js';
import { parseInput } from '../failures.js';
import { awaitDecision } from '../gate-decisions.js';
import { inPool } from './in-pool.js';
import { setStepState, type Run } from '../run.js';
import { isPublished, published, type PublishOption } from './dataset-steps.js';
import { quarantine, refusing } from './quarantine.js';
import { qualityRecord } from './quality-record.js';
import { recordedStep, type StepOutcome } from './recorded-step.js';
import { refuseTainted } from './tainted.js';

type QualityActivities = ReturnType<typeof createQualityActivities>;
type CheckStep = z.output<typeof checkStepSchema>;

/** What a check found, and the version to go on with: where failing rows were set apart, it is the one that they left. */
export interface CheckedDataset extends QualityReport {
  ref: DatasetVersionRef;
}

/** How a check step is run. */
export interface CheckOptions extends PublishOption {
  /** Makes the data anew, for the decision `recheck`; without it that decision is not offered. */
  remake?: () => Promise<DatasetVersionRef>;
}

/**
 * Holds a dataset version to a suite. A failed suite is a value: its report says `fail`, and the version is not
 * published; with `onFail: 'wait'` the step first waits for a decision, with `quarantine` failing rows are set apart.
 */
export async function check(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof checkStepSchema>, 'type' | 'input'>,
  ref: DatasetVersionRef,
  options: CheckOptions = {},
): Promise<CheckedDataset> {
  const step = parseInput(checkStepSchema, { ...fields, input: 'input', type: 'check' }, `step ${name}`);
  return recordedStep(run, name, 'check', async (state) => {
    for (let checked = ref; ;) {
      refuseTainted(run, name, [checked]);
      const outcome = await judge(run, name, step, checked, options);
      if (outcome.status !== 'refused' || step.onFail === 'refuse') return outcome;
      const decision = await wait(run, step, state, outcome, options);
      if (decision?.verb !== 'recheck' || options.remake === undefined) {
        const end = decided(outcome, decision);
        return end.status === 'refused' ? end : await goOn(run, name, step, end, options);
      }
      setStepState(run, state);
      checked = await options.remake();
      run.repeats.set(name, (run.repeats.get(name) ?? 0) + 1);
    }
  });
}

async function judge(
  run: Run,
  name: string,
  step: CheckStep,
  ref: DatasetVersionRef,
  options: CheckOptions,
): Promise<StepOutcome<CheckedDataset>> {
  const summary = `${step.suite.checks.length} checks of ${ref.dataset} ${ref.partition}`;
  const { check } = proxyActivities<QualityActivities>(workOptions('io', 'data', step, summary));
  const report = await inPool(run, name, step, () =>
    check({ ref, suite: step.suite, window: run.window, partitions: run.partitions }),
  );
  const outcome = checkOutcome(run, name, ref, report, step);
  return outcome.status === 'refused' ? outcome : goOn(run, name, step, outcome, options);
}

/** Publishes what was checked, or what a quarantine leaves of it. */
async function goOn(
  run: Run,
  name: string,
  step: CheckStep,
  outcome: StepOutcome<CheckedDataset>,
  options: CheckOptions,
): Promise<StepOutcome<CheckedDataset>> {
  const { value, records = [] } = outcome;
  const publish = (ref: DatasetVersionRef) => (isPublished(options) ? [published(run, name, ref)] : []);
  if (step.quarantine === undefined) return { ...outcome, records: [...records, ...publish(value.ref)] };
  const split = { ...step, quarantine: step.quarantine };
  const rest = await quarantine(run, name, split, value.ref, value, { released: outcome.code === 'RELEASED' });
  const summary = rest.summary === '' ? outcome.summary : `${outcome.summary}; ${rest.summary}`;
  if (rest.ref === null) return { ...outcome, status: 'refused', code: 'QUALITY_FAILED', summary };
  return {
    ...outcome,
    value: { ...value, ref: rest.ref },
    code: outcome.code ?? (rest.rows > 0 ? 'QUARANTINED' : null),
    summary,
    output: { dataset: rest.ref, ...(rest.failing === null ? {} : { quarantine: rest.failing }) },
    records: [...records, ...rest.records, ...publish(rest.ref)],
  };
}

/** Parks the step. The report is on record before anybody has to decide on it. */
async function wait(
  run: Run,
  step: CheckStep,
  state: StepState,
  outcome: StepOutcome<CheckedDataset>,
  { remake }: CheckOptions,
): Promise<GateDecision | null> {
  await commitRecords(outcome.records ?? []);
  const verbs = remake === undefined ? (['release', 'reject'] as const) : (['release', 'reject', 'recheck'] as const);
  const summary = `waits for ${verbs.join(', ')}: ${outcome.summary}`;
  const { code = null, output = {} } = outcome;
  setStepState(run, { ...state, status: 'waiting', summary, code, output });
  return awaitDecision(run, state.step, { verbs }, step.waitSeconds);
}

function decided(outcome: StepOutcome<CheckedDataset>, decision: GateDecision | null): StepOutcome<CheckedDataset> {
  if (decision === null) return { ...outcome, summary: `${outcome.summary}; nobody decided in time`, records: [] };
  const { verb, by, reason } = decision;
  if (verb !== 'release') {
    return {
      ...outcome,
      code: 'QUALITY_REJECTED',
      summary: `${outcome.summary}; rejected by ${by}: ${reason}`,
      records: [],
    };
  }
  return {
    ...outcome,
    status: 'succeeded',
    code: 'RELEASED',
    summary: `${outcome.summary}; released by ${by}: ${reason}`,
    records: [],
  };
}

function checkOutcome(
  run: Run,
  name: string,
  ref: DatasetVersionRef,
  report: QualityReport,
  step: CheckStep,
): StepOutcome<CheckedDataset> {
  const { references = [] } = report;
  const passed = refusing(report, step.quarantine).length === 0;
  return {
    value: { ...report, ref },
    status: passed ? 'succeeded' : 'refused',
    code: passed ? null : report.verdict === 'error' ? 'QUALITY_ERROR' : 'QUALITY_FAILED',
    summary: reportSummary(report),
    output: { dataset: ref, ...(report.documents === undefined ? {} : { report: report.documents }) },
    inputs: [ref, ...references.flatMap(({ versions }) => versions)],
    inputModels: references.flatMap(({ model }) => model ?? []),
    records: [qualityRecord(run, name, 'quality', ref, report)],
  };
}

/** One line: how many checks passed, and each that did not with its count and one example. */
export function reportSummary(report: QualityReport): string {
  const passed = report.checks.filter((result) => result.status === 'pass').length;
  const bad = report.checks.filter((result) => result.status !== 'pass' && result.status !== 'skip');
  const head = `${passed} of ${report.checks.length} checks passed on ${report.rows} rows`;
  const rest = bad.map((result) => {
    const example = result.examples[0];
    const shown = example === undefined ? '' : `, as in ${JSON.stringify(example)}`;
    const count = result.failing > 0 ? `${result.failing} of ${result.total}` : JSON.stringify(result.observed);
    return `${result.name} ${result.status}: ${result.message ?? `${count}, expected ${result.threshold}`}${shown}`;
  });
  return [head, ...rest].join('; ');
}
