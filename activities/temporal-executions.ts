import { isGrpcServiceError, WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { EndedExecution, ExecutionEnd } from '../engine/auditor/index.js';

/** Status of an execution; `absent`: Temporal does not know it, or not any more. */
export type Status = EndedExecution['status'] | 'RUNNING' | 'CONTINUED_AS_NEW' | 'absent';

const GRPC_INVALID_ARGUMENT = 3;

/** As the API numbers them. */
const STATUS: readonly (Status | undefined)[] = [
  undefined,
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
];

export interface ListedExecution extends Omit<EndedExecution, 'status' | 'endedAt'> {
  status: Status;
  endedAt: string | null;
}

/** A page of the executions that visibility finds, in its order. @param cursor `next` of the page before */
export async function listExecutions(
  temporal: Client,
  query: string,
  cursor: string | null,
  pageSize: number,
): Promise<{ executions: ListedExecution[]; next: string | null }> {
  const { executions, nextPageToken } = await temporal.workflowService.listWorkflowExecutions({
    ...{ namespace: temporal.options.namespace, query, pageSize },
    ...(cursor === null ? {} : { nextPageToken: Buffer.from(cursor, 'base64') }),
  });
  const next = Buffer.from(nextPageToken ?? []).toString('base64');
  return {
    executions: (executions ?? []).map(({ execution, type, status, startTime, closeTime }) => ({
      workflowType: type?.name ?? '',
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
      status: STATUS[status ?? 0] ?? 'RUNNING',
      startedAt: instant(startTime) ?? new Date(0).toISOString(),
      endedAt: instant(closeTime),
    })),
    next: next === '' ? null : next,
  };
}

/** How an execution is now; Temporal’s own record, not visibility, which may lag behind. */
export async function statusOf(
  temporal: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<{ status: Status; endedAt: string | null }> {
  try {
    const { status, closeTime } = await temporal.workflow.getHandle(workflowId, runId).describe();
    const known = STATUS.find((one) => one === status.name) ?? 'RUNNING';
    return { status: known, endedAt: closeTime?.toISOString() ?? null };
  } catch (thrown) {
    const error = thrown as Error;
    // Temporal refuses ids of a form that it never gave.
    const refused = isGrpcServiceError(error.cause) && Number(error.cause.code) === GRPC_INVALID_ARGUMENT;
    if (error instanceof WorkflowNotFoundError || refused) return { status: 'absent', endedAt: null };
    throw error;
  }
}

/** How an execution ended. */
export async function endOf(
  temporal: Client,
  execution: Pick<EndedExecution, 'workflowId' | 'runId'> & { status: Status },
): Promise<ExecutionEnd> {
  const { workflowId, runId, status } = execution;
  if (status === 'TERMINATED') {
    const { identity, reason } = await termination(temporal, workflowId, runId);
    return { code: status, message: `terminated by ${identity}${reason === '' ? '' : `: ${reason}`}` };
  }
  if (status === 'TIMED_OUT') return { code: status, message: 'its time limit passed' };
  if (status === 'CANCELLED') return { code: status, message: 'it was cancelled' };
  try {
    const result: unknown = await temporal.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
    return { code: 'COMPLETED', message: 'it completed', result };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const [details] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
    const code = cause instanceof ApplicationFailure ? cause.type : undefined;
    const { result } = (details ?? {}) as { result?: unknown };
    return { code: code ?? status, message: cause?.message ?? status, result };
  }
}

/** What an execution was given; undefined where that cannot be read. */
export async function inputOf(temporal: Client, workflowId: string, runId: string): Promise<unknown> {
  const { history } = await temporal.workflowService.getWorkflowExecutionHistory({
    ...{ namespace: temporal.options.namespace, execution: { workflowId, runId }, maximumPageSize: 1 },
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) return undefined;
  const { payloadCodecs, payloadConverter } = temporal.options.loadedDataConverter;
  let decoded = [payload];
  for (const codec of payloadCodecs) decoded = await codec.decode(decoded);
  return decoded[0] && payloadConverter.fromPayload(decoded[0]);
}

async function termination(temporal: Client, workflowId: string, runId: string) {
  const { history } = await temporal.workflowService.getWorkflowExecutionHistoryReverse({
    ...{ namespace: temporal.options.namespace, execution: { workflowId, runId }, maximumPageSize: 1 },
  });
  const last = history?.events?.[0]?.workflowExecutionTerminatedEventAttributes;
  return { identity: last?.identity || 'somebody', reason: last?.reason ?? '' };
}

interface ProtoTime {
  seconds?: { toString(): string } | null;
  nanos?: number | null;
}

function instant(time: ProtoTime | null | undefined): string | null {
  if (!time) return null;
  return new Date(Number(String(time.seconds ?? 0)) * 1000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString();
}
