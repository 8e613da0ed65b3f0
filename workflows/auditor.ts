import {
  continueAsNew,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createAuditorActivities } from '../activities/index.js';
import {
  ALERT_SEVERITIES,
  AUDITOR_CHECKS,
  auditorContinuationSchema,
  type AuditorContinuation,
  type AuditorInput,
  type AuditorProgress,
  type AuditorResult,
  type Gap,
  type LineageRecord,
} from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import { auditorMarkdown } from './auditor-progress.js';
import { commitEnd } from './commit-records.js';
import { asFailure, parseInput } from './failures.js';
import { scheduledTime } from './nominal-time.js';
import { now } from './now.js';

const { auditPage, lastRound } = proxyActivities<ReturnType<typeof createAuditorActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 600 }, 'compares Temporal with the record'),
);

/** How far an audit is. */
export const auditorProgressQuery = defineQuery<AuditorProgress>('progress');

/** Gaps that a result lists; each repair is on the audit record. */
const LISTED = 100;
/** Visibility may lag behind: what ended so long before the last round is looked at again. */
const OVERLAP_MS = 600_000;

/**
 * Compares what Temporal ran with what is on record, in both directions, and repairs the record: what ended without its end on
 * record gets one. What it writes has derived keys, so that a second audit, or one at the same time, changes nothing. Takes
 * `auditorInputSchema`, gives `auditorResultSchema`. The schedule `auditor` starts it, each round from where the last began.
 */
export async function auditor(input: unknown): Promise<AuditorResult> {
  const { carried: before, ...request } = parseInput(auditorContinuationSchema, input ?? {}, 'input of auditor');
  const until = before?.until ?? now();
  const since = request.since ?? (before === undefined ? await sinceLast() : null);
  let progress = before?.progress ?? begin(request);
  let cursor = before?.cursor ?? null;
  setHandler(auditorProgressQuery, () => progress, { description: 'What was gone through, and the gaps so far.' });
  setCurrentDetails(auditorMarkdown(progress));
  while (progress.check !== null) {
    const page = await auditPage({ ...request, check: progress.check, since, cursor }).catch(asItIs);
    progress = advance(progress, page);
    cursor = page.next;
    setCurrentDetails(auditorMarkdown(progress));
    if (progress.check !== null && workflowInfo().continueAsNewSuggested) {
      const carried = { progress, until, cursor };
      const next: AuditorContinuation = { ...request, ...(since !== null && { since }), carried };
      return continueAsNew<typeof auditor>(next);
    }
  }
  if (!progress.dryRun) await tellOf(progress.gaps.filter(({ state }) => state === 'open'));
  return finished(progress, since, until);
}

/** Of each gap that is left people are told once, however many audits find it. */
async function tellOf(gaps: readonly Gap[]): Promise<void> {
  const records = gaps.map(({ kind, subject, runId, message }): LineageRecord => {
    const about = { pipeline: null, partition: null, workflowId: null, runId };
    const texts = { title: `${subject}: ${kind}`.slice(0, 300), message: message.slice(0, 2000) };
    const alert = { event: 'record_gap' as const, severity: ALERT_SEVERITIES.record_gap, ...about, ...texts };
    const key = `auditor/${kind}/${subject}`;
    return { kind: 'alert_raised', key: key.slice(0, 400), at: now(), alert: { ...alert, key: key.slice(0, 300) } };
  });
  if (records.length > 0) await commitEnd(records);
}

/** Where the round of the schedule before began, a little earlier; whoever asks by hand wants everything. */
async function sinceLast(): Promise<string | null> {
  if (scheduledTime() === undefined) return null;
  const last = await lastRound().catch(asItIs);
  return last === null ? null : new Date(Date.parse(last) - OVERLAP_MS).toISOString();
}

function begin({ dryRun }: AuditorInput): AuditorProgress {
  const checked = { ended: 0, open: 0, running: 0, versions: 0, endpoints: 0 };
  return { dryRun, check: AUDITOR_CHECKS[0], checked, found: 0, repaired: 0, open: 0, gaps: [] };
}

function advance(
  progress: AuditorProgress,
  { checked, gaps, next }: { checked: number; gaps: Gap[]; next: string | null },
): AuditorProgress {
  const { check } = progress;
  if (check === null) return progress;
  const following = AUDITOR_CHECKS[AUDITOR_CHECKS.indexOf(check) + 1] ?? null;
  const count = (state: Gap['state']) => gaps.filter((gap) => gap.state === state).length;
  return {
    ...progress,
    check: next === null ? following : check,
    checked: { ...progress.checked, [check]: progress.checked[check] + checked },
    found: progress.found + gaps.length,
    repaired: progress.repaired + count('repaired'),
    open: progress.open + count('open'),
    gaps: [...progress.gaps, ...gaps].slice(0, LISTED),
  };
}

function finished({ check: _, ...progress }: AuditorProgress, since: string | null, until: string): AuditorResult {
  const { found, repaired, checked } = progress;
  const verdict = found === 0 ? 'clean' : repaired === found ? 'repaired' : 'gaps';
  const message = `gaps: ${found}, repaired: ${repaired}; gone through: ${checked.ended} executions that ended, ${checked.open} open runs, ${checked.running} executions under way, ${checked.versions} dataset versions, ${checked.endpoints} endpoints`;
  return { ...progress, verdict, message, since, until, durationMs: Date.now() - Date.parse(until) };
}

function asItIs(error: unknown): never {
  throw isCancellation(error) ? error : asFailure(error);
}
