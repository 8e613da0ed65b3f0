import {
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { z } from 'zod';
import type { createLineageActivities, createRolloutActivities } from '../activities/index.js';
import {
  actorField,
  rolloutInputSchema,
  type Analysis,
  type EndpointState,
  type LineageRecord,
  type ModelVersionRef,
  type RolloutInput,
  type RolloutResult,
} from '../schemas/index.js';
import { QUICK, workOptions } from './activity-options.js';
import { commitRecords } from './commit-records.js';
import { asFailure, failure, parseInput, summarizeFailure } from './failures.js';
import { rolloutMarkdown, type RolloutProgress } from './rollout-progress.js';
import { now } from './run.js';

const local = proxyLocalActivities<ReturnType<typeof createLineageActivities>>(QUICK);

const abortSchema = z.strictObject({ by: actorField, reason: z.string().min(3).max(500) });

/** How far a rollout is. */
export const rolloutProgressQuery = defineQuery<RolloutProgress>('progress');

/** Takes the canary back: `{"by": "…", "reason": "…"}`. Answers when the rollout has been told to stop. */
export const abortUpdate = defineUpdate<{ accepted: true }, [z.infer<typeof abortSchema>]>('abort');

/** Longest wait for the model servers to load a version, in seconds. */
const READY_SECONDS = 120;

type RolloutActivities = ReturnType<typeof createRolloutActivities>;

/**
 * Moves an endpoint’s traffic to a candidate, step by step, each judged before the next; the alias `champion` follows
 * when all of it has moved. Whatever goes wrong, cancellation included, the stable version gets all traffic back.
 * Takes `rolloutInputSchema`, gives `rolloutResultSchema`. Its id is `rollout/ENDPOINT`.
 */
export async function rollout(input: unknown): Promise<RolloutResult> {
  return new Rollout(parseInput(rolloutInputSchema, input, 'input of rollout')).run();
}

class Rollout {
  private readonly started = Date.now();
  private readonly analyses: Analysis[] = [];
  private generation = 0;
  private phase = 'starting';
  private weight = 0;
  private aborted: z.infer<typeof abortSchema> | undefined;

  constructor(private readonly input: RolloutInput) {
    setHandler(rolloutProgressQuery, () => this.progress(), { description: 'Weight, phase and analyses so far.' });
    setHandler(
      abortUpdate,
      (request) => {
        this.aborted = request;
        return { accepted: true };
      },
      {
        description: 'Takes the canary back. Takes {"by", "reason"}.',
        validator: (request) => {
          parseInput(abortSchema, request, 'abort');
          if (this.aborted !== undefined) throw failure('INPUT_INVALID', 'the rollout is being taken back already');
        },
      },
    );
  }

  async run(): Promise<RolloutResult> {
    const { endpoint, candidate } = this.input;
    const state = await local.readEndpoint({ endpoint }).catch((error: unknown) => {
      throw asFailure(error);
    });
    this.generation = state?.generation ?? 0;
    const stable = state?.stable ?? null;
    if (stable?.digest === candidate.digest && state?.canary === null) {
      return this.end('unchanged', `v${stable.version} is stable already`, stable, []);
    }
    try {
      return stable === null ? await this.firstRelease() : await this.canary(stable);
    } catch (error) {
      // A rollback must not be stopped by what made it necessary.
      const reason = isCancellation(error) ? 'the rollout was cancelled' : summarizeFailure(error).message;
      await CancellationScope.nonCancellable(() => this.takeBack(stable, reason));
      throw isCancellation(error) ? error : asFailure(error);
    }
  }

  private async firstRelease(): Promise<RolloutResult> {
    const { candidate } = this.input;
    await this.setTraffic(candidate, null, 0, 'first release');
    const { ready, message } = await this.awaitReady();
    if (!ready) return this.takeBack(null, message);
    return this.end(
      'first_release',
      `v${candidate.version} is the first version of ${this.input.endpoint}`,
      candidate,
      [this.championMoved('first release')],
    );
  }

  private async canary(stable: ModelVersionRef): Promise<RolloutResult> {
    const { candidate, spec } = this.input;
    for (const weight of spec.steps) {
      this.weight = weight;
      await this.setTraffic(stable, candidate, weight, `canary at ${weight} %`);
      const { ready, message } = await this.awaitReady();
      if (!ready) return this.takeBack(stable, `v${candidate.version} could not be loaded: ${message}`);
      const analysis = await this.analyze(stable, weight);
      this.analyses.push(analysis);
      this.show(`analysed at ${weight} %`);
      const goesOn =
        analysis.verdict === 'Successful' ||
        (analysis.verdict === 'Inconclusive' && spec.onInconclusive === 'promote' && analysis.reason !== 'aborted');
      if (!goesOn) return this.takeBack(stable, `at ${weight} %: ${analysis.verdict}, ${analysis.message}`);
    }
    const reason = `v${candidate.version} took over from v${stable.version} in ${spec.steps.length} steps`;
    const generation = this.trafficRecord(candidate, null, 0, reason);
    return this.end('promoted', reason, candidate, [generation, this.championMoved(reason)]);
  }

  /** Measures until there is a verdict, or until somebody aborts. */
  private async analyze(stable: ModelVersionRef, weight: number): Promise<Analysis> {
    this.show(`measuring at ${weight} %`);
    const { endpoint, candidate, spec } = this.input;
    const limits = { timeoutSeconds: spec.analysis.maximumSeconds + 120 };
    const { analyzeStep } = proxyActivities<RolloutActivities>(
      workOptions('rollout', 'rollout', limits, `${endpoint} at ${weight} %`),
    );
    const started = Date.now();
    const scope = new CancellationScope();
    const measuring = scope.run(() =>
      analyzeStep({
        endpoint,
        weight,
        stableVersion: stable.version,
        canaryVersion: candidate.version,
        analysis: spec.analysis,
        baseline: this.analyses.at(-1)?.stable ?? null,
      }),
    );
    const aborted = condition(() => this.aborted !== undefined).then(() => undefined);
    const analysis = await Promise.race([measuring, aborted]);
    if (analysis !== undefined) return analysis;
    scope.cancel();
    await measuring.catch(() => undefined);
    return {
      weight,
      verdict: 'Inconclusive',
      reason: 'aborted',
      message: `aborted by ${this.aborted?.by}: ${this.aborted?.reason}`,
      stable: null,
      canary: { requests: 0, errors: 0, latencyMs: null },
      durationMs: Date.now() - started,
    };
  }

  private async awaitReady(): Promise<{ ready: boolean; message: string }> {
    this.show('waiting for the model servers');
    const { endpoint } = this.input;
    const { awaitReady } = proxyActivities<RolloutActivities>(
      workOptions(
        'rollout',
        'rollout',
        { timeoutSeconds: READY_SECONDS + 60 },
        `${endpoint}: generation ${this.generation}`,
      ),
    );
    return awaitReady({ endpoint, generation: this.generation, timeoutSeconds: READY_SECONDS });
  }

  private async takeBack(stable: ModelVersionRef | null, reason: string): Promise<RolloutResult> {
    this.weight = 0;
    const records = this.generation === 0 ? [] : [this.trafficRecord(stable, null, 0, reason)];
    return this.end('rolled_back', reason, stable, records);
  }

  private async setTraffic(
    stable: ModelVersionRef,
    canary: ModelVersionRef | null,
    weight: number,
    reason: string,
  ): Promise<void> {
    const [result] = await commitRecords([this.trafficRecord(stable, canary, weight, reason)]);
    this.generation = result?.generation ?? this.generation + 1;
  }

  private trafficRecord(
    stable: ModelVersionRef | null,
    canary: ModelVersionRef | null,
    canaryWeight: number,
    reason: string,
  ): LineageRecord {
    return {
      ...this.base(`generation/${this.generation + 1}`),
      kind: 'endpoint_changed',
      endpoint: this.input.endpoint,
      expectedGeneration: this.generation,
      stable,
      canary,
      canaryWeight,
      actor: this.input.requestedBy,
      reason: reason.slice(0, 1000),
    };
  }

  private championMoved(reason: string): LineageRecord {
    const { candidate, requestedBy } = this.input;
    return {
      ...this.base('champion'),
      kind: 'alias_moved',
      model: candidate.model,
      alias: 'champion',
      version: candidate.version,
      actor: requestedBy,
      reason,
    };
  }

  private base(fact: string) {
    return { key: `${workflowInfo().runId}/${fact}`, at: now(), runId: this.input.runId };
  }

  /** The last change of traffic, the alias and the result are one commit. */
  private async end(
    outcome: RolloutResult['outcome'],
    reason: string,
    stable: EndpointState['stable'],
    records: LineageRecord[],
  ): Promise<RolloutResult> {
    const { endpoint, candidate } = this.input;
    const { analyses } = this;
    const result: RolloutResult = {
      endpoint,
      outcome,
      reason,
      stable,
      candidate,
      analyses,
      durationMs: Date.now() - this.started,
    };
    await commitRecords([...records, { ...this.base('finished'), kind: 'rollout_finished', result }]);
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
