import {
  ActivityCancellationType,
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createRolloutActivities } from '../activities/index.js';
import {
  rolloutInputSchema,
  rolloutWorkflowId,
  type Analysis,
  type LineageRecord,
  type ModelVersionRef,
  type RolloutInput,
  type RolloutProgress,
  type RolloutResult,
} from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import { commitByQueue } from './commit-by-queue.js';
import { asFailure, failure, parseInput, summarizeFailure } from './failures.js';
import { readEndpoint } from './read-endpoint.js';
import { Abort } from './rollout-abort.js';
import { Hold } from './rollout-hold.js';
import { RolloutRecords, type Traffic } from './rollout-records.js';
import { rolloutMarkdown } from './rollout-progress.js';
import { unmeasured } from './unmeasured.js';

type RolloutActivities = ReturnType<typeof createRolloutActivities>;

/** How far a rollout is. */
export const rolloutProgressQuery = defineQuery<RolloutProgress>('progress');

/** Longest wait for the model servers to load a version, in seconds. */
const READY_SECONDS = 120;

/**
 * Moves an endpoint’s traffic to a candidate, step by step, each judged before the next; the alias `champion` follows
 * when all of it has moved. Whatever goes wrong, cancellation included, the stable version gets all traffic back.
 * Takes `rolloutInputSchema`, gives `rolloutResultSchema`. Its id is `rollout/ENDPOINT`, and no other: two executions
 * must never move the same traffic.
 */
export async function rollout(input: unknown): Promise<RolloutResult> {
  const request = parseInput(rolloutInputSchema, input, 'input of rollout');
  const { workflowId } = workflowInfo();
  const id = rolloutWorkflowId(request.endpoint);
  if (workflowId !== id) {
    throw failure('INPUT_INVALID', `the rollout of ${request.endpoint} must have the id ${id}, not ${workflowId}`);
  }
  return new Rollout(request).run();
}

class Rollout {
  private readonly started = Date.now();
  private readonly analyses: Analysis[] = [];
  private readonly abort = new Abort(() => this.outcome);
  private readonly hold = new Hold({
    outcome: () => this.outcome,
    record: async (id, action) => {
      await commitByQueue([this.records.told(`told/${id}`, action)], action.action);
    },
  });
  private generation = 0;
  private traffic: Traffic = { stable: null, canary: null, canaryWeight: 0 };
  private phase = 'starting';
  private weight = 0;
  /** Set once it is decided; before that is on record. */
  private outcome: RolloutResult['outcome'] | undefined;

  private readonly records: RolloutRecords;

  constructor(private readonly input: RolloutInput) {
    this.records = new RolloutRecords(input);
    setHandler(rolloutProgressQuery, () => this.progress(), { description: 'Weight, phase and analyses so far.' });
  }

  async run(): Promise<RolloutResult> {
    const state = await readEndpoint(this.input.endpoint);
    if (state !== null) {
      const { generation, stable, canary, canaryWeight } = state;
      this.generation = generation;
      this.traffic = { stable, canary, canaryWeight };
    }
    const { stable } = this.traffic;
    try {
      return await this.move(stable);
    } catch (error) {
      const reason = isCancellation(error) ? 'the rollout was cancelled' : summarizeFailure(error).message;
      await this.end('rolled_back', reason, stable).catch((failed: unknown) => {
        throw asFailure(failed);
      });
      throw isCancellation(error) ? error : asFailure(error);
    }
  }

  private async move(stable: ModelVersionRef | null): Promise<RolloutResult> {
    if (stable === null) return this.firstRelease();
    // A canary that a terminated rollout left behind is cleared all the same.
    if (stable.digest === this.input.candidate.digest) {
      return this.end('unchanged', `v${stable.version} is stable already`, stable);
    }
    return this.input.revert === undefined ? this.canary(stable) : this.revert(stable, this.input.revert.reason);
  }

  private async revert(stable: ModelVersionRef, why: string): Promise<RolloutResult> {
    const { candidate } = this.input;
    const reason = `back from v${stable.version} to v${candidate.version}: ${why}`;
    await this.setTraffic({ stable: candidate, canary: null, canaryWeight: 0 }, reason);
    const state = await this.abort.unlessAborted(() => this.awaitReady());
    if (state?.ready !== true) return this.end('rolled_back', this.abort.reason ?? this.notReady(state), stable);
    return this.end('reverted', reason, candidate);
  }

  private async firstRelease(): Promise<RolloutResult> {
    const { candidate, endpoint } = this.input;
    await this.setTraffic({ stable: candidate, canary: null, canaryWeight: 0 }, 'first release');
    const state = await this.abort.unlessAborted(() => this.awaitReady());
    if (state?.ready !== true) return this.end('rolled_back', this.abort.reason ?? this.notReady(state), null);
    return this.end('first_release', `v${candidate.version} is the first version of ${endpoint}`, candidate);
  }

  private async canary(stable: ModelVersionRef): Promise<RolloutResult> {
    const { candidate, spec } = this.input;
    for (const weight of spec.steps) {
      if (await this.abortedWhileHeld()) return this.end('rolled_back', this.abort.reason ?? '', stable);
      const { verdict, reason, message } = await this.step(stable, weight);
      if (this.abort.reason !== undefined) return this.end('rolled_back', this.abort.reason, stable);
      if (reason === 'not_ready') return this.end('rolled_back', message, stable);
      const goesOn = verdict === 'Successful' || (verdict === 'Inconclusive' && spec.onInconclusive === 'promote');
      if (!goesOn) return this.end('rolled_back', `at ${weight} %: ${verdict}, ${message}`, stable);
    }
    if (await this.abortedWhileHeld()) return this.end('rolled_back', this.abort.reason ?? '', stable);
    const reason = `v${candidate.version} took over from v${stable.version} in ${spec.steps.length} steps`;
    return this.end('promoted', reason, candidate);
  }

  /** Waits while somebody holds the rollout, the canary at its share; true: then it was aborted. */
  private async abortedWhileHeld(): Promise<boolean> {
    if (this.hold.holder === undefined) return false;
    this.show(`held by ${this.hold.holder}`);
    await this.hold.over(() => this.abort.reason !== undefined);
    return this.abort.reason !== undefined;
  }

  /** Gives the canary a share of the traffic, and judges what it does with it. */
  private async step(stable: ModelVersionRef, weight: number): Promise<Analysis> {
    this.weight = weight;
    await this.setTraffic({ stable, canary: this.input.candidate, canaryWeight: weight }, `canary at ${weight} %`);
    for (;;) {
      const analysis = await this.judge(stable, weight);
      this.analyses.push(analysis);
      this.show(`analysed at ${weight} %`);
      if (!this.undecidedWhileHeld(analysis) || (await this.abortedWhileHeld())) return analysis;
    }
  }

  /** A hold is no evidence against the canary: what time ran out for meanwhile is measured again once it may go on. */
  private undecidedWhileHeld({ verdict, reason }: Analysis): boolean {
    const undecided =
      verdict === 'Inconclusive' && reason !== 'aborted' && this.input.spec.onInconclusive !== 'promote';
    return undecided && this.hold.holder !== undefined && patched('held-is-measured-again');
  }

  private async judge(stable: ModelVersionRef, weight: number): Promise<Analysis> {
    const started = Date.now();
    const state = await this.abort.unlessAborted(() => this.awaitReady());
    const analysis =
      state?.ready === true ? await this.abort.unlessAborted(() => this.analyze(stable, weight)) : undefined;
    if (analysis !== undefined) return analysis;
    const { reason } = this.abort;
    const durationMs = Date.now() - started;
    if (reason !== undefined) return unmeasured(weight, durationMs, 'Inconclusive', 'aborted', reason);
    return unmeasured(weight, durationMs, 'Error', 'not_ready', this.notReady(state));
  }

  private async analyze(stable: ModelVersionRef, weight: number): Promise<Analysis> {
    this.show(`measuring at ${weight} %`);
    const { endpoint, candidate, spec } = this.input;
    const { analyzeStep } = this.activities(spec.analysis.maximumSeconds + 120, `${endpoint} at ${weight} %`);
    return analyzeStep({
      endpoint,
      weight,
      stableVersion: stable.version,
      canaryVersion: candidate.version,
      analysis: spec.analysis,
      baseline: this.analyses.findLast((analysis) => analysis.stable !== null)?.stable ?? null,
    });
  }

  private async awaitReady(): Promise<{ ready: boolean; message: string }> {
    this.show('waiting for the model servers');
    const { endpoint } = this.input;
    const { generation } = this;
    const { awaitReady } = this.activities(READY_SECONDS + 60, `${endpoint}: generation ${generation}`);
    return awaitReady({ endpoint, generation, timeoutSeconds: READY_SECONDS });
  }

  private activities(timeoutSeconds: number, summary: string) {
    return proxyActivities<RolloutActivities>({
      ...workOptions('rollout', 'rollout', { timeoutSeconds }, summary),
      // They only look. Traffic goes back at once, and not when a worker, which may be gone, has heard of it.
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    });
  }

  private notReady(state: { message: string } | undefined): string {
    return `v${this.input.candidate.version} could not be put in service: ${state?.message ?? 'unknown'}`;
  }

  private async setTraffic(traffic: Traffic, reason: string): Promise<void> {
    if (this.abort.reason !== undefined) return;
    const [result] = await commitByQueue([this.records.traffic(traffic, this.generation, reason)], reason);
    this.generation = result?.generation ?? this.generation + 1;
    this.traffic = traffic;
  }

  /** The last change of traffic, the alias and the result are one commit. */
  private async end(
    outcome: RolloutResult['outcome'],
    reason: string,
    stable: ModelVersionRef | null,
  ): Promise<RolloutResult> {
    this.outcome = outcome;
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    const { endpoint, candidate } = this.input;
    const { analyses, traffic } = this;
    const inForce = traffic.canary === null && traffic.stable?.digest === stable?.digest;
    const back = { stable, canary: null, canaryWeight: 0 };
    const released = outcome === 'promoted' || outcome === 'first_release' || outcome === 'reverted';
    const durationMs = Date.now() - this.started;
    const result: RolloutResult = { endpoint, outcome, reason, stable, candidate, analyses, durationMs };
    const records: LineageRecord[] = [
      ...(inForce ? [] : [this.records.traffic(back, this.generation, reason, outcome)]),
      ...(released ? [this.records.championMoved(reason, outcome)] : []),
      ...this.abort.actions.map((action) => this.records.told('aborted', action)),
      this.records.finished(result),
    ];
    await commitByQueue(records, outcome);
    if (!released) this.weight = 0;
    this.show(`${outcome.replace('_', ' ')}: ${reason}`);
    return result;
  }

  private progress(): RolloutProgress {
    const { endpoint, candidate } = this.input;
    return { endpoint, candidate: candidate.version, phase: this.phase, weight: this.weight, analyses: this.analyses };
  }

  private show(phase: string): void {
    this.phase = phase;
    setCurrentDetails(rolloutMarkdown(this.progress()));
  }
}
