import {
  isGrpcServiceError,
  ScheduleNotFoundError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { ERROR_TABLE, isMillraceError, MillraceError, type ErrorCode } from '../schemas/errors.js';
import { apiErrorSchema } from '../schemas/lineage-api.js';

// Status codes of gRPC, which the SDK does not export: https://grpc.io/docs/guides/status-codes/
const GRPC_CANCELLED = 1;
const GRPC_UNAVAILABLE = 14;
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_UNAUTHENTICATED = 16;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_NOT_FOUND = 5;

/** How Temporal says that an execution is there, and no longer running. */
const HAS_ENDED = /already completed/;

const detailsSchema = apiErrorSchema.shape.error.pick({ problems: true });

/** What a call to Temporal failed with, as an error of the table. */
export function asMillraceError(error: unknown, address: string): MillraceError {
  if (isMillraceError(error)) return error;
  if (error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError) return fromFailure(error);
  if (error instanceof WorkflowNotFoundError) {
    if (HAS_ENDED.test(error.message)) {
      return new MillraceError('INPUT_INVALID', `${error.workflowId} has ended`, { cause: error });
    }
    return new MillraceError('NOT_FOUND', `no run ${error.workflowId} is known to Temporal`, { cause: error });
  }
  if (error instanceof ScheduleNotFoundError) {
    const message = `Temporal has no ${error.scheduleId}; millrace schedule apply makes those of the configuration`;
    return new MillraceError('NOT_FOUND', message, { cause: error });
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new MillraceError('INTERNAL', error.message, { cause: error });
  }
  const root = rootOf(error);
  if (isGrpcServiceError(root)) {
    const reason = root.details || root.message;
    const gone = [
      GRPC_CANCELLED,
      GRPC_UNAVAILABLE,
      GRPC_DEADLINE_EXCEEDED,
      GRPC_UNAUTHENTICATED,
      GRPC_PERMISSION_DENIED,
    ];
    if (Number(root.code) === GRPC_DEADLINE_EXCEEDED && /before a worker/.test(reason)) {
      const message = `no worker of the role orchestration answers, or it is busy; Temporal at ${address} does: ${reason}`;
      return new MillraceError('TEMPORAL_UNREACHABLE', message, { cause: error });
    }
    if (gone.includes(Number(root.code))) {
      return new MillraceError('TEMPORAL_UNREACHABLE', `Temporal at ${address}: ${reason}`, { cause: error });
    }
    if (Number(root.code) === GRPC_NOT_FOUND) return new MillraceError('NOT_FOUND', reason, { cause: error });
  }
  return new MillraceError('INTERNAL', root instanceof Error ? root.message : String(root), { cause: error });
}

/**
 * Of an execution that a handle stands for, Temporal finds none where it has ended and another one took its id, or its
 * history is gone. Either way nothing can be asked of it any more: INPUT_INVALID, and not NOT_FOUND as of a run that never was.
 */
export async function ofKnownExecution<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError) || HAS_ENDED.test(error.message)) throw error;
    const message = `${error.workflowId} has ended; what has its id now is another execution, or none`;
    throw new MillraceError('INPUT_INVALID', message, { cause: error });
  }
}

/** What connecting failed with: Temporal’s client gives up waiting, and refuses an address, with plain errors of its own. */
export function asConnectError(error: unknown, address: string): MillraceError {
  const root = rootOf(error);
  if (root instanceof TypeError && /^Invalid address for Temporal/.test(root.message)) {
    const message = `must be HOST or HOST:PORT, as in "localhost:7233", and not ${JSON.stringify(address)}`;
    return new MillraceError('INPUT_INVALID', `address of Temporal ${message}`, {
      problems: [{ path: 'address', message }],
      cause: error,
    });
  }
  if (root instanceof Error && !isGrpcServiceError(root) && /connect|deadline|timed? ?out/i.test(root.message)) {
    return new MillraceError('TEMPORAL_UNREACHABLE', `Temporal at ${address}: ${root.message}`, { cause: error });
  }
  return asMillraceError(error, address);
}

/** A run that ended without a result, or an update that was refused: the type of the failure is the code. */
function fromFailure(error: WorkflowFailedError | WorkflowUpdateFailedError): MillraceError {
  const root = rootOf(error);
  if (root instanceof ApplicationFailure) {
    const problems = detailsSchema.safeParse(root.details?.[0]).data?.problems ?? [];
    const known = root.type != null && root.type in ERROR_TABLE;
    const code = known ? (root.type as ErrorCode) : 'INTERNAL';
    const message = known ? root.message : `${root.type ?? 'Error'}: ${root.message}`;
    return new MillraceError(code, message, { problems, cause: error });
  }
  if (root instanceof CancelledFailure)
    return new MillraceError('RUN_CANCELLED', 'the run was cancelled', { cause: error });
  if (root instanceof TerminatedFailure) {
    return new MillraceError('RUN_CANCELLED', `the run was terminated: ${root.message}`, { cause: error });
  }
  const what = root instanceof TimeoutFailure ? `the run timed out: ${root.message}` : error.message;
  return new MillraceError('INTERNAL', what, { cause: error });
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error && !(root instanceof ApplicationFailure)) {
    if (root instanceof ServiceError && isGrpcServiceError(root.cause)) return root.cause;
    root = root.cause;
  }
  return root;
}
