import type { Client } from '@temporalio/client';
import { firstExecutionOfTicket, type PoolPlace } from '../schemas/index.js';
import { pollExecution } from './poll-execution.js';

/** What a pool is told of those who have a place or wait for one, and of itself. */
export interface PoolLook {
  /** Places as the configuration of the worker says now; null where it has no such pool. */
  limit: number | null;
  /** Tickets of runs that have ended, however they did. */
  gone: string[];
  /** Tickets of runs that were reset, whose execution now has asked for them too, and whether it was told that it has the place. */
  moved: { ticket: string; runId: string; told: boolean }[];
}

/** Looks at the runs of places of a pool. */
export async function lookAtPlaces(
  temporal: Client,
  places: readonly Pick<PoolPlace, 'ticket' | 'workflowId' | 'runId'>[],
): Promise<Omit<PoolLook, 'limit'>> {
  const look: Omit<PoolLook, 'limit'> = { gone: [], moved: [] };
  await Promise.all(
    places.map(async ({ ticket, workflowId, runId }) => {
      const { status } = await pollExecution(temporal, workflowId, () => null, runId);
      if (status === 'running') return;
      const moved = await movedTo(temporal, workflowId, ticket);
      if (moved === undefined) look.gone.push(ticket);
      else look.moved.push({ ticket, ...moved });
    }),
  );
  return look;
}

/**
 * The execution that an ended one was reset to, if by its history it has asked for the place. One that was reset to an earlier
 * point has not: it asks again when it comes there.
 */
async function movedTo(
  temporal: Client,
  workflowId: string,
  ticket: string,
): Promise<{ runId: string; told: boolean } | undefined> {
  const { raw, runId, status } = await temporal.workflow.getHandle(workflowId).describe();
  const first = raw.workflowExecutionInfo?.firstRunId;
  if (status.name !== 'RUNNING' || first !== firstExecutionOfTicket(ticket)) return undefined;
  const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  const texts = (payloads?: { data?: Uint8Array | null }[] | null) =>
    (payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString());
  const names = (text: string) => text.includes(JSON.stringify(ticket));
  let [asked, told] = [false, false];
  for (const event of events ?? []) {
    const { activityTaskScheduledEventAttributes: activity, workflowExecutionSignaledEventAttributes: signal } = event;
    if (activity?.activityType?.name === 'askPool' && texts(activity.input?.payloads).some(names)) asked = true;
    // A signal that came before it asked was for the execution before it.
    if (asked && signal?.signalName === 'poolPlace' && texts(signal.input?.payloads).some(names)) told = true;
  }
  return asked ? { runId, told } : undefined;
}
