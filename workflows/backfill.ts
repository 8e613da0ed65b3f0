import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
  condition,
} from '@temporalio/workflow';
import type { createBackfillActivities } from '../activities/index.js';
import {
  backfillContinuationSchema,
  backfillRange,
  backfillRequester,
  backfillWorkflowId,
  type BackfillContinuation,
  type BackfillInput,
  type BackfillProgress,
  type BackfillResult,
  type BackfillState,
} from '../schemas/index.js';
import { QUICK, workOptions } from './activity-options.js';
import { setBackfillHandlers, type BackfillHandlers } from './backfill-messages.js';
import { checkAtEnd, failedChecks } from './backfill-checks.js';
import { backfillMarkdown } from './backfill-progress.js';
import { BackfillWindow } from './backfill-window.js';
import { asFailure, failure, parseInput } from './failures.js';
import { joinExecution } from './join-run.js';
import { proxyLocal } from './local-activities.js';
import { linkTo } from './markdown.js';
import { now } from './now.js';
import { raiseAlert } from './raise-alert.js';

type BackfillActivities = ReturnType<typeof createBackfillActivities>;

const local = proxyLocal<BackfillActivities>(QUICK);
const { planBackfill, listOutcomes } = proxyActivities<BackfillActivities>(
  workOptions('io', 'orchestration', { timeoutSeconds: 600 }, 'plan and outcomes'),
);

/**
 * Runs a pipeline for a range of partitions: makes a plan, then carries it out. Takes one object, `backfillInputSchema`;
 * gives `backfillResultSchema`. Runs that fail are part of the result and never stop the rest, unless it is asked for.
 *
 * Its id is `backfill/PIPELINE/FROM..TO`; started under any other id, it starts or joins that one and gives its result.
 */
export async function backfill(input: unknown, ...more: unknown[]): Promise<BackfillResult> {
  if (more.length > 0) throw failure('INPUT_INVALID', 'backfill takes one object, not several payloads');
  const { carried, ...request } = parseInput(backfillContinuationSchema, input, 'input of backfill');
  const workflowId = backfillWorkflowId(request.pipeline, request);
  if (!request.dryRun && workflowInfo().workflowId !== workflowId) {
    refuseForeignId(workflowId);
    return joinBackfill(workflowId, request);
  }

  const desk = new Desk(request);
  const state = carried ?? (await firstState(request));
  if (request.dryRun) return planned(request, state);
  const window = new BackfillWindow(request, state, backfillRequester(request));
  desk.open(window);

  // Cancelled in Temporal’s own way, it cancels its runs, and waits for them before it ends.
  const root = CancellationScope.current();
  root.cancelRequested.catch(() => window.cancel('a request to Temporal', 'stop'));
  return CancellationScope.nonCancellable(async () => {
    if ((await window.run()) === 'continue') {
      const next: BackfillContinuation = { ...request, carried: await window.leave() };
      return continueAsNew<typeof backfill>(next);
    }
    await condition(allHandlersFinished);
    const result = await finished(request, state, window);
    if (root.consideredCancelled) throw new CancelledFailure(result.message, [result]);
    return result;
  });
}

/** Takes messages from the first moment on; what they ask for waits until there is a plan. */
class Desk {
  private window: BackfillWindow | undefined;

  constructor(private readonly request: BackfillInput) {
    setBackfillHandlers(() => this.progress(), this.handlers());
    setCurrentDetails(backfillMarkdown(this.progress()));
  }

  open(window: BackfillWindow): void {
    this.window = window;
  }

  private progress(): BackfillProgress {
    const { maxActive, priority } = this.request;
    return (
      this.window?.progress() ?? {
        ...{ ...rangeOf(this.request), maxActive, priority },
        ...{ phase: 'planning', pausedBy: null, planned: 0, waiting: 0, running: 0, joined: 0, outcomes: {} },
        ...{ perMinute: null, expectedEnd: null, active: [], failures: [] },
      }
    );
  }

  private handlers(): BackfillHandlers {
    const withWindow =
      <R>(handle: (handlers: BackfillHandlers, request: R) => BackfillProgress | Promise<BackfillProgress>) =>
      async (request: R) => {
        await condition(() => this.window !== undefined);
        if (this.window === undefined) throw failure('INTERNAL', 'there is no plan');
        return handle(this.window.handlers, request);
      };
    return {
      pause: withWindow((handlers, request) => handlers.pause(request)),
      resume: withWindow((handlers, request) => handlers.resume(request)),
      setMaxActive: withWindow((handlers, request) => handlers.setMaxActive(request)),
      setPriority: withWindow((handlers, request) => handlers.setPriority(request)),
      retryFailed: withWindow((handlers, request) => handlers.retryFailed(request)),
      cancelPartition: withWindow((handlers, request) => handlers.cancelPartition(request)),
      cancel: withWindow((handlers, request) => handlers.cancel(request)),
    };
  }
}

async function firstState(request: BackfillInput): Promise<BackfillState> {
  const startedAt = now();
  try {
    const plan = await planBackfill({ request, now: startedAt });
    return {
      plan,
      startedAt,
      outcomes: '.'.repeat(plan.run),
      ...{ active: [], notes: [], failures: [], ends: [], failed: 0, pausedBy: null, stop: null },
      maxActive: request.maxActive,
      priority: request.priority,
    };
  } catch (error) {
    throw isCancellation(error) ? error : asFailure(error);
  }
}

async function planned(request: BackfillInput, { plan, outcomes, startedAt }: BackfillState): Promise<BackfillResult> {
  const listed = await listOutcomes({ uri: plan.uri, outcomes, notes: [] });
  const message = `${plan.run} of ${plan.partitions} partitions would run, ${plan.reuse} are reused, ${plan.skip} skipped`;
  return { ...about(request, startedAt), verdict: 'planned', message, plan, ...listed };
}

async function finished(request: BackfillInput, state: BackfillState, window: BackfillWindow): Promise<BackfillResult> {
  const listed = await listOutcomes({ uri: state.plan.uri, ...window.outcomes() });
  const succeeded = listed.counts.succeeded ?? 0;
  const counted = `${succeeded} of ${state.plan.run} runs succeeded`;
  const atEnd = request.checks === 'atEnd' && window.stop === null && succeeded > 0;
  const checks = atEnd ? await checkAtEnd(request, state.plan.uri) : undefined;
  const failed = checks === undefined ? null : failedChecks(checks);
  const ended: BackfillResult['verdict'] =
    succeeded + window.removed < state.plan.run ? 'incomplete' : failed === null ? 'succeeded' : 'refused';
  const verdict = window.stop?.verdict ?? ended;
  const notRun = [...removedInWords(window.removed), ...leftOut(request, state.plan)];
  const message = [window.stop?.message ?? [], counted, notRun, failed ?? []].flat().join('; ');
  if (verdict === 'incomplete' || verdict === 'refused') await tellOf(request, message);
  const outcome = { verdict, message, plan: state.plan, ...listed, ...(checks !== undefined && { checks }) };
  const result: BackfillResult = { ...about(request, state.startedAt), ...outcome };
  setCurrentDetails(backfillMarkdown(window.progress(), result));
  return result;
}

function removedInWords(removed: number): string[] {
  return removed === 0 ? [] : [`${removed} skipped, whose keys were removed from the set meanwhile`];
}

/** What failed before is not done because nothing failed now. */
function leftOut({ reprocess }: BackfillInput, { reasons }: BackfillState['plan']): string[] {
  const count = reprocess === 'missing' ? (reasons.failed_before ?? 0) : 0;
  return count === 0 ? [] : [`${count} that had failed before were left out; "reprocess": "failed" runs them`];
}

function tellOf(request: BackfillInput, message: string): Promise<void> {
  const { pipeline } = request;
  const what = `backfill of ${pipeline} ${backfillRange(request)}`;
  const about = { pipeline, partition: null, key: backfillWorkflowId(pipeline, request) };
  return raiseAlert('ended', { event: 'backfill_incomplete', title: `${what} ended with failures`, message, ...about });
}

function about(request: BackfillInput, startedAt: string) {
  return { ...rangeOf(request), durationMs: Date.now() - Date.parse(startedAt) };
}

function rangeOf(request: BackfillInput) {
  const { pipeline, from, to } = request;
  return { pipeline, range: backfillRange(request), ...(from !== undefined && { from, to }) };
}

/** An execution under the id of another range would answer for that range to whoever asks for it. */
function refuseForeignId(derived: string): void {
  const { workflowId } = workflowInfo();
  if (!workflowId.startsWith('backfill/')) return;
  const message = `the workflow id ${workflowId} is that of another backfill; this one has ${derived}, or any id that does not begin with backfill/`;
  throw failure('INPUT_INVALID', message, { problems: [{ path: 'workflowId', message: `must be ${derived}` }] });
}

/** Starts the backfill with the derived id, or waits for the one that is under way already. */
async function joinBackfill(workflowId: string, request: BackfillInput): Promise<BackfillResult> {
  setCurrentDetails(`The backfill is ${linkTo(workflowId, workflowId)}.`);
  const summary = `${request.pipeline} ${backfillRange(request)}`;
  const poll = () => local.pollBackfill({ workflowId });
  try {
    return await joinExecution({ type: 'backfill', workflowId, request, summary, poll });
  } catch (error) {
    throw isCancellation(error) ? error : asFailure(error);
  }
}
