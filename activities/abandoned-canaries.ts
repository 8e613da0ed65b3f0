import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { rolloutWorkflowId, taskQueue, type ModelVersionRef } from '../schemas/index.js';
import type { CheckedPage, FoundGap } from './audit-page.js';
import type { ActivityDependencies } from './dependencies.js';
import { statusOf } from './temporal-executions.js';

/** Endpoints with a canary and without a rollout that judges it; mended, the stable version has all traffic. */
export async function abandonedCanaries({
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'lineage' | 'temporal'>): Promise<CheckedPage> {
  const endpoints = await lineage.endpoints();
  const found: FoundGap[] = [];
  for (const { endpoint, generation } of endpoints.filter(({ canary }) => canary !== null)) {
    const workflowId = rolloutWorkflowId(endpoint);
    if ((await statusOf(temporal, { workflowId, runId: '' })).status === 'RUNNING') continue;
    // A rollout that ended since the list was read has left other traffic behind.
    const now = await lineage.endpoint(endpoint);
    if (now === null || now.generation !== generation || now.stable === null || now.canary === null) continue;
    const { stable, canary, canaryWeight } = now;
    const message = `v${canary.version} gets ${canaryWeight} % of the traffic, and no rollout judges it; all goes to v${stable.version}`;
    const mend = () => giveBack(endpoint, stable);
    found.push({ kind: 'abandoned_canary', subject: `endpoint:${endpoint}`, runId: null, message, mend });
  }
  return { checked: endpoints.length, found, next: null };

  /** As a rollout does that is aborted. */
  async function giveBack(endpoint: string, candidate: ModelVersionRef): Promise<void> {
    try {
      await temporal.workflow.execute('rollout', {
        ...{ workflowId: rolloutWorkflowId(endpoint), taskQueue: taskQueue('orchestration') },
        args: [{ endpoint, candidate, requestedBy: 'auditor', runId: 'auditor' }],
      });
    } catch (error) {
      // A new rollout begins with the traffic as it finds it.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
