import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createDatasetActivities } from '../../activities/index.js';
import {
  checkStepSchema,
  type DatasetVersionRef,
  type GateDecision,
  type LineageRecord,
  type QualityReport,
  type StepState,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { commitRecords } from '../commit-records.js';
import { parseInput } from '../failures.js';
import { awaitDecision } from '../gate-decisions.js';
import { withBudgets } from '../retry-budgets.js';
import { setStepState, type Run } from '../run.js';
import { isPublished, published, type PublishOption } from './dataset-steps.js';
import { recordBase, recordedStep, type StepOutcome } from './recorded-step.js';

type DatasetActivities = ReturnType<typeof createDatasetActivities>;
type CheckStep = z.output<typeof checkStepSchema>;

/** How a check step is run. */
export interface CheckOptions extends PublishOption {
  /** Makes the data anew, for the decision `recheck`; without it that decision is not offered. */
  remake?: () => Promise<DatasetVersionRef>;
}

/**
 * Holds a dataset version to a suite. A failed suite is a value: its report says `fail`, and the version is not
 * published; with `onFail: 'wait'` the step first waits for a decision.
 */
export async function check(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof checkStepSchema>, 'type' | 'input'>,
  ref: DatasetVersionRef,
  options: CheckOptions = {},
): Promise<QualityReport> {
  const step = parseInput(checkStepSchema, { ...fields, input: 'input', type: 'check' }, `step ${name}`);
  return recordedStep(run, name, 'check', async (state) => {
    for (let checked = ref; ;) {
      const outcome = await judge(run, name, step, checked, options);
      if (outcome.status !== 'refused' || step.onFail === 'refuse') return outcome;
      const decision = await wait(run, step, state, outcome, options);
      if (decision?.verb !== 'recheck' || options.remake === undefined) {
        return decided(run, name, checked, outcome, decision, options);
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
): Promise<StepOutcome<QualityReport>> {
  const summary = `${step.suite.checks.length} checks of ${ref.dataset} ${ref.partition}`;
  const { check } = proxyActivities<DatasetActivities>(workOptions('io', 'data', step, summary));
  const report = await withBudgets(() => check({ ref, suite: step.suite, window: run.window }));
  return checkOutcome(run, name, ref, report, options);
}

/** Parks the step. The report is on record before anybody has to decide on it. */
async function wait(
  run: Run,
  step: CheckStep,
  state: StepState,
  outcome: StepOutcome<QualityReport>,
  { remake }: CheckOptions,
): Promise<GateDecision | null> {
  await commitRecords(outcome.records ?? []);
  const verbs = remake === undefined ? (['release', 'reject'] as const) : (['release', 'reject', 'recheck'] as const);
  const summary = `waits for ${verbs.join(', ')}: ${outcome.summary}`;
  const { code = null, output = {} } = outcome;
  setStepState(run, { ...state, status: 'waiting', summary, code, output });
  return awaitDecision(run, state.step, { verbs }, step.waitSeconds);
}

function decided(
  run: Run,
  name: string,
  ref: DatasetVersionRef,
  outcome: StepOutcome<QualityReport>,
  decision: GateDecision | null,
  options: CheckOptions,
): StepOutcome<QualityReport> {
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
    records: isPublished(options) ? [published(run, name, ref)] : [],
  };
}

function checkOutcome(
  run: Run,
  name: string,
  ref: DatasetVersionRef,
  report: QualityReport,
  options: PublishOption,
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
    records: [result, ...(passed && isPublished(options) ? [published(run, name, ref)] : [])],
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
