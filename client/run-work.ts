import { defaultPayloadConverter, type Payload } from '@temporalio/common';

/** Work of a run that is under way, or is to be tried again. */
export interface RunWork {
  /** What works, as in `ingest`, `transform` or `train`. */
  activity: string;
  /** Which attempt it is, from 1 on. */
  attempt: number;
  /** How far it is, in its own words; null before it has said anything. */
  progress: string | null;
  /** What the attempt before failed with, as `CODE: message`; null: nothing. */
  problem: string | null;
}

/** What Temporal tells of an activity that has not ended. */
interface PendingActivity {
  activityType?: { name?: string | null } | null;
  attempt?: number | null;
  heartbeatDetails?: { payloads?: Payload[] | null } | null;
  lastFailure?: Failure | null;
}

interface Failure {
  message?: string | null;
  applicationFailureInfo?: { type?: string | null } | null;
}

/** @internal */
export function runWork(pending: readonly PendingActivity[]): RunWork[] {
  return pending.map(({ activityType, attempt, heartbeatDetails, lastFailure }) => ({
    activity: activityType?.name ?? '',
    attempt: attempt ?? 1,
    progress: progressIn(heartbeatDetails?.payloads?.[0]),
    problem: lastFailure == null ? null : problemIn(lastFailure),
  }));
}

/** An attempt whose worker is gone failed with a time limit, which has no type. */
function problemIn({ message, applicationFailureInfo }: Failure): string {
  const code = applicationFailureInfo?.type;
  return `${code ? `${code}: ` : ''}${message ?? ''}`;
}

/** Heartbeats of what is not ours may hold anything. */
function progressIn(payload: Payload | undefined): string | null {
  if (payload === undefined) return null;
  try {
    const details = defaultPayloadConverter.fromPayload<{ progress?: unknown } | null>(payload);
    return typeof details?.progress === 'string' ? details.progress : null;
  } catch {
    return null;
  }
}
