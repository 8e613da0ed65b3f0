import { QueryNotRegisteredError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { parseWith } from '../schemas/parse.js';
import { taskQueue } from '../schemas/task-queues.js';
import {
  inboxStatusSchema,
  inboxWorkflowId,
  triggerRequestSchema,
  type InboxStatus,
  type TriggerEvent,
  type TriggerRequest,
} from '../schemas/trigger.js';
import type { Caller } from './run-handle.js';

/** Events for the inboxes of pipelines. */
export interface Triggers {
  /**
   * Tells a pipeline that something happened; done when the event is durable in its inbox. What comes of it is in the
   * ledger. Sent again with the same id, it does nothing.
   * @returns id of the event
   * @throws MillraceError INPUT_INVALID, TEMPORAL_UNREACHABLE
   */
  send(request: TriggerRequest): Promise<{ id: string }>;
  /** Puts an event as it is into an inbox. @throws MillraceError TEMPORAL_UNREACHABLE */
  deliver(pipeline: string, event: TriggerEvent): Promise<void>;
  /** Events of a pipeline that have not ended. Needs a worker of the role orchestration. @throws MillraceError TEMPORAL_UNREACHABLE */
  waiting(pipeline: string): Promise<InboxStatus>;
}

/** @internal */
export function createTriggers(client: Client, call: Caller): Triggers {
  const deliver = (pipeline: string, event: TriggerEvent) =>
    call(async () => {
      await client.workflow.signalWithStart('inbox', {
        workflowId: inboxWorkflowId(pipeline),
        taskQueue: taskQueue('orchestration'),
        args: [{ pipeline }],
        signal: 'deliver',
        signalArgs: [event],
        staticSummary: `inbox of ${pipeline}`,
      });
    });
  return {
    deliver,
    send: async (request) => {
      const { pipeline, id = crypto.randomUUID(), ...about } = parseWith(triggerRequestSchema, request, 'event');
      await deliver(pipeline, { ...about, id, source: 'service' });
      return { id };
    },
    waiting: (pipeline) =>
      call(async () => {
        const none = { pipeline, watching: false, waiting: [] };
        try {
          const handle = client.workflow.getHandle(inboxWorkflowId(pipeline));
          // An inbox that has ended has nothing left.
          if ((await handle.describe()).status.name !== 'RUNNING') return none;
          return parseWith(inboxStatusSchema, await handle.query('waiting'), `inbox of ${pipeline}`, 'INTERNAL');
        } catch (error) {
          if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return none;
          throw error;
        }
      }),
  };
}
