import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { CacheAnswer, CacheQuestion, createCacheActivities } from '../../activities/index.js';
import {
  cacheDecision,
  shortVersion,
  type CacheableStep,
  type CachedStep,
  type DatasetVersionRef,
  type StepState,
} from '../../schemas/index.js';
import { LOOK_AGAIN, QUICK_LOOK } from '../activity-options.js';
import { summarizeFailure } from '../failures.js';
import { proxyOwner } from '../local-activities.js';
import { setStepState, type Run } from '../run.js';
import type { StepOutcome } from './recorded-step.js';

type CacheActivities = ReturnType<typeof createCacheActivities>;

const { lookUpStep } = proxyOwner<CacheActivities>(QUICK_LOOK);

/** A step whose result may be there already. */
export interface MaybeCached<T> {
  step: CacheableStep;
  /** Frozen inputs by name. */
  inputs?: Record<string, DatasetVersionRef[]>;
  /** What the step says of itself when it takes over a result. Records and version are those of this run. */
  restore: (entry: CachedStep) => StepOutcome<T>;
}

/** Longest wait for another run where neither the step nor its trainer says how long it may take. */
const DEFAULT_WAIT_SECONDS = 1_800;

/**
 * Does a step, unless another run has computed the same: then its result is taken over. While another run computes the
 * same, this one waits, without a worker, for its result, or until that run has ended without one. A step that is not
 * cached is done at once, with nothing added to the history.
 */
export function throughCache<T>(
  run: Run,
  state: StepState,
  cached: MaybeCached<T>,
  compute: () => Promise<StepOutcome<T>>,
): Promise<StepOutcome<T>> {
  run.reused.delete(state.step);
  return run.caching === null && cached.step.cache === undefined ? compute() : lookUp(run, state, cached, compute);
}

async function lookUp<T>(
  run: Run,
  state: StepState,
  { step, inputs = {}, restore }: MaybeCached<T>,
  compute: () => Promise<StepOutcome<T>>,
): Promise<StepOutcome<T>> {
  const { caching } = run;
  const name = state.step;
  const decision = cacheDecision(step, caching?.defaults);
  const off = decision.policy === null ? decision.reason : caching?.mode === 'off' ? 'the run was to use none' : null;
  if (off !== null) return { ...(await compute()), cache: { outcome: 'off', reason: off } };
  if (decision.policy === null) return compute();

  const refresh = refreshReason(run, name);
  const answer = await ask(run, state, {
    ...{ step, name, inputs, refresh: refresh !== null, policy: decision.policy },
    ...{ pipeline: run.pipeline, window: run.window, runId: run.runId, workflowId: run.workflowId },
    code: caching === null ? undefined : (caching.code[name] ?? null),
    counted: caching?.counted[name],
    needs: Object.fromEntries(step.needs.map((other) => [other, run.steps.get(other)?.output ?? {}])),
  });
  if (answer.do === 'reuse') return reused(run, name, answer, restore);
  const outcome = await compute();
  const { key, parts, reason, tell } = answer;
  return {
    ...outcome,
    summary: tell ? `${outcome.summary}; computed, because ${reason}` : outcome.summary,
    cache: {
      outcome: refresh === null ? 'miss' : 'refresh',
      reason: refresh ?? reason,
      ...(key !== null && { key, parts }),
    },
  };
}

/** Why a step is done whatever there is. */
function refreshReason(run: Run, name: string): string | null {
  if (run.caching?.mode === 'refresh') return 'the run was to compute every step';
  if (run.caching?.again.has(name)) return 'it was to be done again';
  return (run.repeats.get(name) ?? 0) > 0 ? 'it was to be done once more' : null;
}

type Answer = Exclude<CacheAnswer, { do: 'wait' }>;

/** A cache that cannot be asked fails nothing. */
async function ask(run: Run, state: StepState, question: CacheQuestion): Promise<Answer> {
  try {
    const answer = await lookUpStep(question);
    return answer.do === 'wait' ? await awaitOther(run, state, question, answer) : answer;
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = summarizeFailure(error);
    log.warn(`the cache could not be asked about step ${state.step}: ${message}`);
    return { do: 'compute', key: null, parts: null, reason: `the cache could not be asked: ${message}`, tell: true };
  }
}

/** Waits for another run, no longer than the step itself may take. */
async function awaitOther(
  run: Run,
  state: StepState,
  { step }: CacheQuestion,
  { lookup, holder }: Extract<CacheAnswer, { do: 'wait' }>,
): Promise<Answer> {
  const trainer = step.type === 'train' ? step.trainer.timeoutSeconds : DEFAULT_WAIT_SECONDS;
  const seconds = step.timeoutSeconds ?? trainer;
  const other = `run ${shortVersion(holder.runId)}`;
  const { awaitStep } = proxyActivities<CacheActivities>({
    ...LOOK_AGAIN('2 seconds', `${other}, which computes ${holder.step}`),
    scheduleToCloseTimeout: seconds * 1_000,
  });
  setStepState(run, { ...state, summary: `waits for ${other} of ${holder.workflowId}, which computes the same` });
  try {
    const answer = await awaitStep(lookup);
    if (answer.do !== 'wait') return answer;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn(`waited for ${other} in vain: ${summarizeFailure(error).message}`);
  } finally {
    setStepState(run, state);
  }
  const { key, parts } = lookup;
  return { do: 'compute', key, parts, reason: `${other} did not end within ${seconds} s`, tell: true };
}

function reused<T>(
  run: Run,
  name: string,
  { key, entry }: Extract<CacheAnswer, { do: 'reuse' }>,
  restore: (entry: CachedStep) => StepOutcome<T>,
): StepOutcome<T> {
  run.reused.set(name, entry.runId);
  const { pipeline, partition } = entry;
  const own = pipeline === run.pipeline && partition === run.window.key;
  const from = `run ${shortVersion(entry.runId)}${own || pipeline === null ? '' : ` of ${pipeline} ${partition}`}`;
  const outcome = restore(entry);
  return {
    ...outcome,
    code: 'CACHED',
    summary: `cached, from ${from}: ${outcome.summary}`.slice(0, 2000),
    reusedFrom: entry.runId,
    cache: { outcome: 'hit', key, reason: `${from} computed it ${entry.recordedAt}` },
  };
}
