import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { createBackfillQualityActivities } from '../activities/index.js';
import { backfillRange, summaryText, type BackfillCheck, type BackfillInput } from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import { commitRecords } from './commit-records.js';
import { now } from './now.js';

type Activities = ReturnType<typeof createBackfillQualityActivities>;

/** Longest time for the check of a range, in seconds; it goes on from its last checkpoint where it is retried. */
const RANGE_SECONDS = 12 * 3600;

const { listChecks } = proxyActivities<Activities>(workOptions('io', 'data', { timeoutSeconds: 60 }, 'check steps'));

/** Judges what a backfill without checks has made, all partitions together, and puts it on record; `plan` is its address. */
export async function checkAtEnd(request: BackfillInput, plan: string): Promise<BackfillCheck[]> {
  const found: BackfillCheck[] = [];
  for (const step of await listChecks({ request })) {
    const summary = summaryText(`${step} of ${backfillRange(request)}`);
    const { checkRange } = proxyActivities<Activities>(
      workOptions('io', 'data', { timeoutSeconds: RANGE_SECONDS }, summary),
    );
    const check = await checkRange({ request, step, plan });
    if (check !== null) found.push(check);
  }
  if (found.length === 0) return found;
  const { runId, workflowId } = workflowInfo();
  await commitRecords(
    found.map(({ step, dataset, verdict, report }) => ({
      kind: 'action_taken',
      key: `${runId}/${step}/checked`,
      at: now(),
      actor: request.requestedBy,
      action: 'check',
      target: `dataset:${dataset}/${backfillRange(request)}`.slice(0, 400),
      reason: `${verdict} by ${step} of ${workflowId}; ${report.html} ${report.json}`,
    })),
  );
  return found;
}

/** The reason for which the runs of such a backfill have no checks of their own. */
export function reasonForNone(request: BackfillInput): string {
  return `checked together at the end of the backfill ${backfillRange(request)}`.slice(0, 500);
}

/** What failed, in words; null where nothing did. */
export function failedChecks(checks: readonly BackfillCheck[]): string | null {
  const failed = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'error');
  if (failed.length === 0) return null;
  return failed.map(({ step, verdict, failing }) => `${step} ${verdict}: ${failing.join(', ')}`).join('; ');
}
