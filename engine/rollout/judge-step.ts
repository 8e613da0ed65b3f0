import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Analysis, AnalysisSpec, ArmMeasurement } from '../../schemas/index.js';
import { differenceOfProportions, timeUniformZ, wilsonInterval } from './proportions.js';

/** Requests that the canary must have answered before a failure can be called early. */
const EARLY_SAMPLES = 20;

export interface JudgeInput {
  analysis: AnalysisSpec;
  /** Canary weight of the step, in percent. */
  weight: number;
  /** The stable version in the step; at 100 % what it answered before the traffic had moved, if anything. */
  stable: ArmMeasurement | null;
  canary: ArmMeasurement;
  elapsedSeconds: number;
  /** At 100 %: the latest measurement of the stable version, from a step before. */
  baseline?: ArmMeasurement | null;
}

/** A verdict, or that more has to be seen. */
export type Judgement = { decision: 'continue' } | Pick<Analysis, 'verdict' | 'reason' | 'message'>;

/**
 * Judges a step by what has been measured so far.
 * - Failed `error_rate`: the canary's error rate is above the stable version's by more than the limit, at the confidence.
 *   It is looked for at every call once the canary has 20 requests, until there are enough samples with a bound that
 *   allows for the repeated looks (see `timeUniformZ`), so that a clear failure ends the step early.
 * - With enough samples (`minimumSamples` of each arm; at 100 % of the canary), once: the error rates at the plain
 *   confidence; Failed `latency` if the canary's quantile is above the floor and above the ratio times the stable
 *   version's, and still is with `latencyConfirmation` times the samples; else Successful.
 * - After `maximumSeconds` without enough samples: Inconclusive, `no_data` or `insufficient_samples`.
 *
 * At 100 % the stable version has no traffic to compare with: then the baseline is taken. Without one the canary's error
 * rate itself is held against the limit, and its latency is not judged.
 */
export function judgeStep(input: JudgeInput): Judgement {
  const { analysis, weight, canary, elapsedSeconds } = input;
  const compared = comparedArm(input);
  const needsStable = weight < 100;
  const enough =
    canary.requests >= analysis.minimumSamples &&
    (!needsStable || (compared?.requests ?? 0) >= analysis.minimumSamples);

  if (enough || canary.requests >= EARLY_SAMPLES) {
    const z = enough ? normalQuantile(analysis.confidence, 0, 1) : timeUniformZ(canary.requests, analysis.confidence);
    const level = `at ${percent(analysis.confidence)} confidence${enough ? '' : ' however often it is looked at'}`;
    const rates = judgeErrorRate(analysis, canary, compared, needsStable, { z, level });
    if (rates.failed) return { verdict: 'Failed', reason: 'error_rate', message: rates.message };
    if (enough) {
      const latency = judgeLatency(analysis, canary, compared);
      if (latency.failed && !confirmed(input)) return { decision: 'continue' };
      if (latency.failed) return { verdict: 'Failed', reason: 'latency', message: latency.message };
      return { verdict: 'Successful', reason: 'within_limits', message: `${rates.message}; ${latency.message}` };
    }
  }
  if (elapsedSeconds < analysis.maximumSeconds) return { decision: 'continue' };
  return inconclusive(analysis, canary, needsStable ? (compared?.requests ?? 0) : null, elapsedSeconds);
}

/** Whether a latency over the limit has been seen for long enough: stalls of a machine hit one arm and pass. */
function confirmed({ analysis, canary, elapsedSeconds }: JudgeInput): boolean {
  const { minimumSamples, latencyConfirmation, maximumSeconds } = analysis;
  return canary.requests >= minimumSamples * latencyConfirmation || elapsedSeconds >= maximumSeconds;
}

function comparedArm({ analysis, weight, stable, baseline }: JudgeInput): ArmMeasurement | null {
  if (weight < 100) return stable;
  const candidates = [stable, baseline ?? null];
  return candidates.find((arm) => arm !== null && arm.requests >= analysis.minimumSamples) ?? null;
}

interface Finding {
  failed: boolean;
  message: string;
}

function judgeErrorRate(
  analysis: AnalysisSpec,
  canary: ArmMeasurement,
  stable: ArmMeasurement | null,
  needsStable: boolean,
  { z, level }: { z: number; level: string },
): Finding {
  const limit = analysis.maximumErrorRateIncrease;
  if (stable === null && !needsStable) {
    const { lower } = wilsonInterval(canary.errors, canary.requests, z);
    const message = `error rate of the canary ${rate(canary)}, at least ${percent(lower)} ${level}; limit ${percent(limit)}`;
    return { failed: lower > limit, message };
  }
  const { lower } = differenceOfProportions(trials(canary), trials(stable), z);
  const increase = lower > 0 ? `higher by at least ${percent(lower)} ${level}` : `not shown to be higher ${level}`;
  const message = `error rate of the canary ${rate(canary)}, of the stable version ${rate(stable)}: ${increase}; limit ${percent(limit)}`;
  return { failed: lower > limit, message };
}

function judgeLatency(analysis: AnalysisSpec, canary: ArmMeasurement, stable: ArmMeasurement | null): Finding {
  const { latencyQuantile, latencyFloorMs, maximumLatencyRatio } = analysis;
  const name = `p${Number((latencyQuantile * 100).toFixed(2))} latency of the canary`;
  if (canary.latencyMs === null || stable === null || stable.latencyMs === null) {
    return { failed: false, message: `${name} ${milliseconds(canary.latencyMs)}, with nothing to compare it with` };
  }
  const limit = Math.max(latencyFloorMs, maximumLatencyRatio * stable.latencyMs);
  const origin = limit === latencyFloorMs ? 'the floor' : `${maximumLatencyRatio} times the stable version’s`;
  const message =
    `${name} ${milliseconds(canary.latencyMs)}, of the stable version ${milliseconds(stable.latencyMs)}; ` +
    `limit ${milliseconds(limit)}, ${origin}`;
  return { failed: canary.latencyMs > limit, message };
}

function inconclusive(
  analysis: AnalysisSpec,
  canary: ArmMeasurement,
  stableRequests: number | null,
  elapsedSeconds: number,
): Judgement {
  const counts = [
    `the canary answered ${canary.requests}`,
    ...(stableRequests === null ? [] : [`the stable version ${stableRequests}`]),
  ].join(' and ');
  const needed = `${analysis.minimumSamples} are needed${stableRequests === null ? '' : ' of each'}`;
  return {
    verdict: 'Inconclusive',
    reason: canary.requests === 0 ? 'no_data' : 'insufficient_samples',
    message: `${counts} requests in ${Number(elapsedSeconds.toFixed(1))} s; ${needed}`,
  };
}

function trials(arm: ArmMeasurement | null): { successes: number; trials: number } {
  return { successes: arm?.errors ?? 0, trials: arm?.requests ?? 0 };
}

function rate(arm: ArmMeasurement | null): string {
  if (arm === null || arm.requests === 0) return 'unknown (0 requests)';
  return `${percent(arm.errors / arm.requests)} (${arm.errors} of ${arm.requests} requests)`;
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(2))} %`;
}

function milliseconds(value: number | null): string {
  return value === null ? 'unknown' : `${Number(value.toFixed(value < 10 ? 2 : 1))} ms`;
}
