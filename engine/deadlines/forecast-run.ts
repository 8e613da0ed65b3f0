import { topologicalOrder, type StepState } from '../../schemas/index.js';

/** A step as far as a forecast needs to know it. */
export type ForecastStep = Pick<StepState, 'step' | 'status' | 'startedAt' | 'durationMs'>;

/** Four of five runs are expected to end by then: sooner would cry wolf, later would be too late to do anything. */
const QUANTILE = 0.8;

/**
 * When a run is expected to have ended, in four of five cases: each step begins when those that it waits for have ended, and
 * takes as long as four of five took before. Of a step that is running, only those count that took at least as long as it has by
 * now; one that has taken longer than all of them is expected to end at any moment.
 * @param steps states by step; all pending for a run that has not begun
 * @param dependencies steps that each step waits for
 * @param history durations by step in milliseconds; steps without any take no time
 * @param now milliseconds since 1970, as is the result
 * @returns null if nothing is known of any step
 */
export function forecastEnd(
  steps: readonly ForecastStep[],
  dependencies: Record<string, string[]>,
  history: Readonly<Record<string, readonly number[]>>,
  now: number,
): number | null {
  if (!steps.some(({ step }) => (history[step]?.length ?? 0) > 0)) return null;
  const states = new Map(steps.map((state) => [state.step, state]));
  const ends = new Map<string, number>();
  for (const name of topologicalOrder(dependencies).order) {
    const ready = Math.max(now, ...(dependencies[name] ?? []).map((other) => ends.get(other) ?? now));
    ends.set(name, endOf(states.get(name), history[name] ?? [], ready, now));
  }
  return Math.max(now, ...ends.values());
}

function endOf(state: ForecastStep | undefined, durations: readonly number[], ready: number, now: number): number {
  if (state === undefined || state.status === 'pending') return ready + quantile(durations);
  if (state.status !== 'running' || state.startedAt === null) return now;
  const began = Date.parse(state.startedAt);
  const longer = durations.filter((duration) => began + duration >= now);
  return longer.length === 0 ? now : Math.max(now, began + quantile(longer));
}

/** The nearest of the values, not between them; 0 of none. */
function quantile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(QUANTILE * sorted.length) - 1)] ?? 0;
}
