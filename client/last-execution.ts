import type { Client } from '@temporalio/client';

/** `HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT` of Temporal’s API: only the event that ended an execution. */
const CLOSE_EVENT = 2;

/**
 * Run id of the last execution of those that continued as new from one which has ended.
 * @param runId the first of them
 * @internal
 */
export async function lastExecution(client: Client, workflowId: string, runId: string): Promise<string> {
  for (let last = runId; ;) {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId: last },
      historyEventFilterType: CLOSE_EVENT,
    });
    const next = history?.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    if (!next) return last;
    last = next;
  }
}
