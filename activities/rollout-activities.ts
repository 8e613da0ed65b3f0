import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { judgeStep, measureStep, readiness } from '../engine/rollout/index.js';
import {
  analysisSpecSchema,
  armMeasurementSchema,
  modelServerStatusSchema,
  nameField,
  parseWith,
  type Analysis,
  type ModelServerStatus,
} from '../schemas/index.js';
import { activityScope, lastCheckpoint } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

const readyInput = z.strictObject({
  endpoint: nameField,
  generation: z.int().positive(),
  timeoutSeconds: z.number().positive(),
});
const analyzeInput = z.strictObject({
  endpoint: nameField,
  weight: z.number(),
  stableVersion: z.int().positive(),
  canaryVersion: z.int().positive(),
  analysis: analysisSpecSchema,
  /** What the stable version did in the step before; at 100 % it has no traffic of its own to compare with. */
  baseline: armMeasurementSchema.nullable(),
});
/** Counters at the start of the step; in the heartbeat, so that a retry goes on with the same ones. */
const checkpointSchema = z.object({ startedAt: z.number(), before: z.array(modelServerStatusSchema) });

const READY_POLL_MS = 200;

/** Activities of the role `rollout`. */
export function createRolloutActivities({ lineage }: Pick<ActivityDependencies, 'lineage'>) {
  return {
    /** Waits until every model server has a state in force; a server that cannot load it ends the wait. */
    async awaitReady(input: z.input<typeof readyInput>): Promise<{ ready: boolean; message: string }> {
      const { endpoint, generation, timeoutSeconds } = parseWith(readyInput, input, 'input of awaitReady');
      return activityScope(async ({ signal, progress }) => {
        const end = Date.now() + timeoutSeconds * 1000;
        for (;;) {
          const state = readiness(await lineage.modelServers(), { endpoint, generation });
          progress(state.message);
          if (state.ready || state.failed || Date.now() > end) return { ready: state.ready, message: state.message };
          await delay(READY_POLL_MS, undefined, { signal });
        }
      });
    },

    /** Measures a step until it can be judged. */
    async analyzeStep(input: z.input<typeof analyzeInput>): Promise<Analysis> {
      const { endpoint, weight, stableVersion, canaryVersion, analysis, baseline } = parseWith(
        analyzeInput,
        input,
        'input of analyzeStep',
      );
      return activityScope(async ({ signal, progress, checkpoint }) => {
        const { startedAt, before } = await startOfStep(() => lineage.modelServers());
        checkpoint({ startedAt, before });
        for (;;) {
          await delay(analysis.intervalSeconds * 1000, undefined, { signal });
          const measured = measureStep(before, await lineage.modelServers(), {
            endpoint,
            stableVersion,
            canaryVersion,
            quantile: analysis.latencyQuantile,
          });
          const durationMs = Date.now() - startedAt;
          const judged = judgeStep({ analysis, weight, ...measured, baseline, elapsedSeconds: durationMs / 1000 });
          if ('decision' in judged) {
            progress(`${measured.canary.requests} requests to the canary`);
            continue;
          }
          // At 100 % the stable version has no share of the traffic.
          const stable = weight < 100 ? measured.stable : null;
          return { weight, ...judged, stable, canary: measured.canary, durationMs };
        }
      });
    },
  };
}

async function startOfStep(
  read: () => Promise<ModelServerStatus[]>,
): Promise<{ startedAt: number; before: ModelServerStatus[] }> {
  const resumed = checkpointSchema.safeParse(lastCheckpoint());
  return resumed.success ? resumed.data : { startedAt: Date.now(), before: await read() };
}
