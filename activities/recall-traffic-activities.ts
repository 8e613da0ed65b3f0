import { activityInfo } from '@temporalio/activity';
import type { LineageClient } from '../engine/lineage/index.js';
import {
  recallResultSchema,
  rolloutResultSchema,
  rolloutWorkflowId,
  type Impact,
  type ModelVersionRef,
  type RecallPlan,
  type RecallResult,
} from '../schemas/index.js';
import { activityScope, quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { pollExecution, type ExecutionPoll } from './poll-execution.js';

interface TellRollout {
  endpoint: string;
  by: string;
  reason: string;
}

/** What a recall does about endpoints. */
export function createRecallTrafficActivities({
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'lineage' | 'temporal'>) {
  return {
    /** Endpoints that serve now what came of a version. */
    async liveEndpoints({ root }: { root: string }): Promise<RecallPlan['endpoints']> {
      return activityScope(async () => endpointsOf(lineage, await lineage.impact(root)));
    },

    /**
     * Keeps the rollout of an endpoint at its step, or lets it go on.
     * @returns whether it was this that did; else there is none, or somebody else has before
     */
    async tellRollout({ verb, ...input }: TellRollout & { verb: 'hold' | 'resume' }): Promise<boolean> {
      return activityScope(
        async () => (await pollRollout(input.endpoint)).status === 'running' && (await update(verb, input)),
      );
    },

    /** Stops the rollout of an endpoint, if there is one, and waits until it has given the traffic back. */
    async abortRollout(input: TellRollout): Promise<void> {
      return activityScope(async ({ signal }) => {
        if ((await pollRollout(input.endpoint)).status !== 'running') return;
        await update('abort', input);
        while ((await pollRollout(input.endpoint)).status === 'running') {
          signal.throwIfAborted();
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      });
    },

    /** How a recall is that somebody else started. */
    async pollRecall({ workflowId }: { workflowId: string }): Promise<ExecutionPoll<RecallResult>> {
      return quickScope(() => pollExecution(temporal, workflowId, (result) => recallResultSchema.parse(result)));
    },
  };

  function pollRollout(endpoint: string) {
    return pollExecution(temporal, rolloutWorkflowId(endpoint), (result) => rolloutResultSchema.parse(result));
  }

  async function update(verb: 'abort' | 'hold' | 'resume', { endpoint, by, reason }: TellRollout): Promise<boolean> {
    const handle = temporal.workflow.getHandle(rolloutWorkflowId(endpoint));
    // Tried again, it is the same update.
    const { runId } = activityInfo().workflowExecution ?? { runId: 'standalone' };
    return handle.executeUpdate(verb, { args: [{ by, reason }], updateId: `${runId}-${verb}` }).then(
      () => true,
      (error: unknown) => {
        // It is over, or somebody else has said so before.
        if (error instanceof Error && /Update/.test(error.name)) return false;
        throw error;
      },
    );
  }
}

/** Endpoints that serve a tainted model, each with the version that it can go back to. */
export async function endpointsOf(lineage: LineageClient, impact: Impact): Promise<RecallPlan['endpoints']> {
  const bad = new Set(impact.models.map(({ model, digest }) => `${model}@${digest}`));
  const good = async (ref: ModelVersionRef): Promise<boolean> => {
    if (bad.has(`${ref.model}@${ref.digest}`)) return false;
    const { versions } = await lineage.model(ref.model);
    return versions.find(({ digest }) => digest === ref.digest)?.marks.every(({ mark }) => mark !== 'taint') ?? false;
  };
  return Promise.all(
    impact.endpoints.map(async ({ endpoint, arm, model: from }) => {
      for (const { stable } of await lineage.endpointHistory(endpoint)) {
        if (stable !== null && (await good(stable))) return { endpoint, arm, from, to: stable };
      }
      return { endpoint, arm, from, to: null };
    }),
  );
}
