import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';

const GRPC_NOT_FOUND = 5;

/**
 * Gives a run another priority: what it does from now on has it, and what of it waits in a queue is put there again with it.
 * A run that has ended, and an activity that has begun, need nothing.
 */
export async function setRunPriority(temporal: Client, workflowId: string, priorityKey: number): Promise<void> {
  const { namespace } = temporal.options;
  await unlessGone(
    temporal.workflowService.updateWorkflowExecutionOptions({
      ...{ namespace, workflowExecution: { workflowId } },
      workflowExecutionOptions: { priority: { priorityKey } },
      updateMask: { paths: ['priority.priority_key'] },
    }),
  );
  for (const id of await waitingActivities(temporal, workflowId)) {
    await unlessGone(
      temporal.workflowService.updateActivityOptions({
        ...{ namespace, execution: { workflowId }, id },
        activityOptions: { priority: { priorityKey } },
        updateMask: { paths: ['priority.priority_key'] },
      }),
    );
  }
}

async function waitingActivities(temporal: Client, workflowId: string): Promise<string[]> {
  const execution = await unlessGone(temporal.workflow.getHandle(workflowId).describe());
  return (execution?.raw.pendingActivities ?? []).flatMap(({ activityId, lastStartedTime }) =>
    activityId && !lastStartedTime ? [activityId] : [],
  );
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    const root = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
    if (isGrpcServiceError(root) && Number(root.code) === GRPC_NOT_FOUND) return undefined;
    throw error;
  }
}
