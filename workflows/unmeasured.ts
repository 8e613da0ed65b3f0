import type { Analysis } from '../schemas/index.js';

/** What stands for the analysis of a step at which nothing could be measured. @param durationMs how long it took to find out */
export function unmeasured(
  weight: number,
  durationMs: number,
  verdict: Analysis['verdict'],
  reason: Analysis['reason'],
  message: string,
): Analysis {
  const canary = { requests: 0, errors: 0, latencyMs: null };
  return { weight, verdict, reason, message, stable: null, canary, durationMs };
}
