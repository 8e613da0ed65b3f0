import type { Arm, ArmMeasurement, ArmStatistics, ModelServerStatus } from '../../schemas/index.js';
import { type LatencyHistogram, mergeHistograms, quantileOf } from './latency-quantile.js';

export interface MeasureOptions {
  endpoint: string;
  /** Version whose counts as stable are taken; null if there is none to compare with. */
  stableVersion: number | null;
  canaryVersion: number;
  /** Quantile of the latency, as in 0.95. */
  quantile: number;
}

/** What happened between two statuses, over all servers. */
export interface StepMeasurement {
  stable: ArmMeasurement | null;
  canary: ArmMeasurement;
  /** The latencies that the quantiles come from. */
  histograms: { stable: LatencyHistogram | null; canary: LatencyHistogram };
}

interface Counts {
  requests: number;
  errors: number;
  latency: LatencyHistogram;
}

/**
 * Counts of a step: the servers' cumulative counters after it minus those before it, by server and version, summed.
 * A server that was not there before counts from 0, and so do counters that have shrunk; a server that is gone counts nothing.
 */
export function measureStep(
  before: readonly ModelServerStatus[],
  after: readonly ModelServerStatus[],
  { endpoint, stableVersion, canaryVersion, quantile }: MeasureOptions,
): StepMeasurement {
  const earlier = new Map(before.map((status) => [status.serverId, status]));
  const measure = (arm: Arm, version: number): { measurement: ArmMeasurement; histogram: LatencyHistogram } => {
    const counts = after.flatMap((status) => {
      const now = armOf(status, endpoint, arm, version);
      return now === undefined ? [] : [since(armOf(earlier.get(status.serverId), endpoint, arm, version), now)];
    });
    const histogram = mergeHistograms(counts.map((each) => each.latency));
    return {
      measurement: {
        requests: counts.reduce((sum, each) => sum + each.requests, 0),
        errors: counts.reduce((sum, each) => sum + each.errors, 0),
        latencyMs: quantileOf(histogram, quantile),
      },
      histogram,
    };
  };
  const stable = stableVersion === null ? null : measure('stable', stableVersion);
  const canary = measure('canary', canaryVersion);
  return {
    stable: stable?.measurement ?? null,
    canary: canary.measurement,
    histograms: { stable: stable?.histogram ?? null, canary: canary.histogram },
  };
}

function armOf(
  status: ModelServerStatus | undefined,
  endpoint: string,
  arm: Arm,
  version: number,
): ArmStatistics | undefined {
  return status?.endpoints
    .find((each) => each.endpoint === endpoint)
    ?.statistics.find((each) => each.arm === arm && each.modelVersion === version);
}

function since(before: ArmStatistics | undefined, now: ArmStatistics): Counts {
  if (before === undefined || !continues(before, now)) return now;
  return {
    requests: now.requests - before.requests,
    errors: now.errors - before.errors,
    latency: {
      bounds: now.latency.bounds,
      counts: now.latency.counts.map((count, index) => count - (before.latency.counts[index] ?? 0)),
      sum: Math.max(0, now.latency.sum - before.latency.sum),
    },
  };
}

/** Whether the counters are those from before, grown: a server drops those of versions long gone, and begins anew when one returns. */
function continues(before: ArmStatistics, now: ArmStatistics): boolean {
  return (
    now.requests >= before.requests &&
    now.errors >= before.errors &&
    now.latency.bounds.length === before.latency.bounds.length &&
    now.latency.bounds.every((bound, index) => bound === before.latency.bounds[index]) &&
    now.latency.counts.every((count, index) => count >= (before.latency.counts[index] ?? 0))
  );
}
