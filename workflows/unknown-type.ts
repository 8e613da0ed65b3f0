import { workflowInfo } from '@temporalio/workflow';
import { nearestName } from '../schemas/index.js';
import { failure } from './failures.js';

/** What people start by hand. */
const STARTED_BY_HAND = ['pipelineRun', 'backfill', 'recall', 'rollout', 'auditor'] as const;

/** How long a type that could be one of a newer version, or of another worker’s project, is left to such a worker. */
const PATIENCE_MS = 60_000;

/** An execution of a type that is not registered. */
export interface UnknownType {
  type: string;
  /** Since it was started. */
  ageMs: number;
  /** Whether a worker that knew the type has worked on it. */
  begun: boolean;
}

/**
 * What to do about a type that is not registered: `fail` ends the execution, `leave` fails the workflow task, so that the
 * server offers it again, to a worker that may know it.
 */
export function judgeUnknownType({ type, ageMs, begun }: UnknownType): { verdict: 'fail' | 'leave'; message: string } {
  const near = nearestName(type, STARTED_BY_HAND);
  const names = `there are: ${STARTED_BY_HAND.join(', ')}, and those of the project; a pipeline is run by pipelineRun, which takes its name`;
  const message = `there is no workflow type "${type}"; ${near === undefined ? names : `did you mean "${near}"?`}`;
  // A type is the name of an exported function: nothing with other characters ever becomes one.
  const hopeless = near !== undefined || !/^[A-Za-z_$][\w$]*$/.test(type) || ageMs > PATIENCE_MS;
  return { verdict: hopeless && !begun ? 'fail' : 'leave', message };
}

/** Whatever is started under a type that no worker has registered: it would be tried for ever. */
export function unknownType(): Promise<never> {
  const { workflowType: type, startTime, unsafe } = workflowInfo();
  const ageMs = Date.now() - startTime.getTime();
  const { verdict, message } = judgeUnknownType({ type, ageMs, begun: unsafe.isReplaying });
  if (verdict === 'leave') throw new TypeError(message);
  throw failure('INPUT_INVALID', message, { problems: [{ path: 'workflowType', message }] });
}
