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
  waiting(pipeline: string): Promise<InboxView>;
}

/** What an inbox says of itself, and what keeps it from its work. */
export interface InboxView extends InboxStatus {
  /** Why the last look at datasets, files or the record failed, with its code; it is taken again. Null: it did not. */
  problem: string | null;
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
        const none = { pipeline, watching: false, waiting: [], problem: null };
        try {
          const handle = client.workflow.getHandle(inboxWorkflowId(pipeline));
          // An inbox that has ended has nothing left.
          const { status, raw } = await handle.describe();
          if (status.name !== 'RUNNING') return none;
          const answer: unknown = await handle.query('waiting');
          return {
            ...parseWith(inboxStatusSchema, answer, `inbox of ${pipeline}`, 'INTERNAL'),
            problem: problemOf(raw.pendingActivities ?? []),
          };
        } catch (error) {
          if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return none;
          throw error;
        }
      }),
  };
}

type Pending = {
  lastFailure?: { message?: string | null; applicationFailureInfo?: { type?: string | null } | null } | null;
};

/** What a look that is taken again and again failed with, other than that there was nothing yet. */
function problemOf(pending: readonly Pending[]): string | null {
  for (const { lastFailure } of pending) {
    const type = lastFailure?.applicationFailureInfo?.type;
    if (lastFailure == null || type === 'NOT_YET') continue;
    return `${type ?? 'INTERNAL'}: ${lastFailure.message ?? ''}`;
  }
  return null;
}
