import { proxyActivities } from '@temporalio/workflow';
import type { createQualityActivities, QuarantinedDataset, WrittenDataset } from '../../activities/index.js';
import {
  isRowLevel,
  quarantineDatasetOf,
  type CheckStep,
  type CheckResult,
  type DatasetVersionRef,
  type LineageRecord,
  type QualityReport,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { inPool } from './in-pool.js';
import type { Run } from '../run.js';
import { published } from './dataset-steps.js';
import { qualityRecord } from './quality-record.js';
import { recordBase } from './recorded-step.js';

type QualityActivities = ReturnType<typeof createQualityActivities>;
type Mode = NonNullable<CheckStep['quarantine']>;

/** Results for which a quarantine is no remedy: the check is about the whole, or of severity block, or could not run. */
export function refusing({ checks }: QualityReport, mode: Mode | undefined): CheckResult[] {
  return checks.filter((result) => {
    if (result.status === 'error') return true;
    return result.status === 'fail' && (mode === undefined || result.severity === 'block' || !isRowLevel(result.type));
  });
}

/** What a quarantine left. */
export interface Rest {
  /** The version that goes on; null where what is left may not. */
  ref: DatasetVersionRef | null;
  /** The version of the failing rows. */
  failing: DatasetVersionRef | null;
  rows: number;
  /** One line for people; empty where no row failed. */
  summary: string;
  /** The versions that were written; none where nothing goes on. */
  records: LineageRecord[];
}

/**
 * Sets the rows apart that fail. What is left is judged once more, because a check that passed on the whole may fail
 * without the rows that were taken away, and nothing goes on that has not passed.
 * @param released somebody took the decision, so what is left is not judged
 */
export async function quarantine(
  run: Run,
  name: string,
  step: CheckStep & { quarantine: Mode },
  ref: DatasetVersionRef,
  report: QualityReport,
  { released }: { released: boolean },
): Promise<Rest> {
  const mode = step.quarantine;
  const failed = report.checks.filter(({ status, type }) => status === 'fail' && isRowLevel(type));
  // A tag is a column that must be there each day; the dataset of a split has a version of each partition.
  if (failed.length === 0 && mode === 'drop') return { ref, failing: null, rows: 0, summary: '', records: [] };
  const dataset = quarantineDatasetOf(step, ref.dataset);
  const { quarantine } = proxyActivities<QualityActivities>(
    workOptions('io', 'data', step, `${mode} failing rows of ${ref.dataset} ${ref.partition}`),
  );
  const { suite } = step;
  const checks = failed.map((result) => result.name);
  const found = await inPool(run, name, step, () =>
    quarantine({ ref, suite, window: run.window, partitions: run.partitions, mode, dataset, checks, judge: !released }),
  );
  const problem = problemOf(found, mode, ref, released);
  const failing = found.failing?.ref ?? null;
  if (problem !== null) return { ref: null, failing: null, rows: found.rows, summary: problem, records: [] };
  return {
    ref: found.passing?.ref ?? ref,
    failing,
    rows: found.rows,
    summary: found.rows === 0 ? '' : summaryOf(found, mode, dataset),
    records: recordsOf(run, name, found),
  };
}

function problemOf(found: QuarantinedDataset, mode: Mode, ref: DatasetVersionRef, released: boolean): string | null {
  const [untold] = found.untold;
  if (untold !== undefined) return `the failing rows of ${untold.name} cannot be told: ${untold.message}`;
  if (mode !== 'tag' && !released && found.rows > 0 && found.rows === ref.rows) return 'no row passes';
  const refused = found.report === null ? [] : refusing(found.report, undefined);
  if (refused.length === 0) return null;
  const results = refused.map((result) => `${result.name} ${result.status}, expected ${result.threshold}`);
  return `without ${found.rows} failing rows: ${results.join(', ')}`;
}

const DONE: Record<Mode, (dataset: string) => string> = {
  split: (dataset) => `quarantined to ${dataset}`,
  tag: () => 'tagged',
  drop: () => 'dropped',
};

function summaryOf({ rows, checks }: QuarantinedDataset, mode: Mode, dataset: string): string {
  const counts = checks.map((check) => `${check.name} ${check.rows}`).join(', ');
  return `${rows} rows ${DONE[mode](dataset)}: ${counts}`;
}

function recordsOf(run: Run, name: string, { passing, failing, report }: QuarantinedDataset): LineageRecord[] {
  const version = ({ ref, columns }: WrittenDataset, fact: string): LineageRecord => ({
    ...recordBase(run, name, fact),
    kind: 'dataset_version',
    ref,
    columns,
  });
  const records = passing === null ? [] : [version(passing, 'version')];
  if (passing !== null && report !== null) {
    records.push(qualityRecord(run, name, 'quality/passing', passing.ref, report));
  }
  if (failing !== null) {
    records.push(version(failing, 'version/quarantine'));
    records.push(published(run, name, failing.ref, 'published/quarantine'));
  }
  return records;
}
