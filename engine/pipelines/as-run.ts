import {
  frozenPipelineSchema,
  MillraceError,
  type FrozenPipeline,
  type PartitionWindow,
  type Problem,
  type RunInput,
} from '../../schemas/index.js';
import { lastCompletePartition, partitionWindow } from '../datasets/index.js';
import { codeDigests, type CodeOfProject } from './code-digests.js';
import type { ResolvedRun } from './resolve-run.js';

/**
 * A frozen specification as a run had it, with its own digest, parameters and all.
 * @param recorded what is on record under the digest
 * @throws SPECIFICATION_NOT_FOUND if it is not that of a pipeline; CODE_CHANGED if the code that its steps call is another now
 */
export async function frozenAsRun(recorded: unknown, digest: string, project: CodeOfProject): Promise<FrozenPipeline> {
  const parsed = frozenPipelineSchema.safeParse({ ...(recorded as object), digest });
  if (!parsed.success) {
    throw new MillraceError('SPECIFICATION_NOT_FOUND', `what is on record as ${digest} is not that of a pipeline`);
  }
  const frozen = parsed.data;
  const now = await codeDigests(frozen, project);
  const problems = Object.entries(frozen.code ?? {}).flatMap(([step, was]): Problem[] =>
    now[step] === was
      ? []
      : [{ path: `steps.${step}`, message: `ran with the code ${short(was)}, this worker has ${short(now[step])}` }],
  );
  if (problems.length === 0) return frozen;
  const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new MillraceError('CODE_CHANGED', `${frozen.name} cannot run as it did: ${text}`, { problems });
}

/** What a run is about that has the specification of an earlier one. @throws INPUT_INVALID for what that would contradict */
export function resolveAsRun(frozen: FrozenPipeline, request: RunInput, fallbackTime: string): ResolvedRun {
  const problems: Problem[] = [];
  const refuse = (path: string, message: string) => problems.push({ path, message });
  if (frozen.name !== request.pipeline) refuse('specification', `is one of ${frozen.name}`);
  if (Object.keys(request.params).length > 0) refuse('params', 'are those of the specification');
  if (request.checksOff !== undefined) refuse('checksOff', 'is what the specification says');
  if (problems.length > 0) {
    const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new MillraceError('INPUT_INVALID', `a run with the specification of an earlier one: ${text}`, { problems });
  }
  const logicalTime = request.logicalTime ?? fallbackTime;
  const key = request.partition ?? lastCompletePartition(frozen.partitions, new Date(logicalTime));
  const window: PartitionWindow = partitionWindow(frozen.partitions, key);
  return { pipeline: frozen, window, logicalTime };
}

function short(digest: string | undefined): string {
  return digest === undefined ? 'none' : digest.slice(0, 12);
}
