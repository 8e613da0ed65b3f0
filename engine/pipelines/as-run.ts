import {
  frozenPipelineSchema,
  MillraceError,
  type BackfillInput,
  type FrozenPipeline,
  type Problem,
  type RunInput,
} from '../../schemas/index.js';
import type { LineageClient } from '../lineage/index.js';
import type { BackfillPlan } from './backfill-plan.js';
import { codeDigests, type CodeOfProject } from './code-digests.js';
import type { PartitionSets } from './known-partitions.js';
import { windowOf, type ResolvedRun } from './resolve-run.js';

/** Problems that are listed one by one. */
const SHOWN_PROBLEMS = 20;

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
export async function resolveAsRun(
  frozen: FrozenPipeline,
  request: RunInput,
  fallbackTime: string,
  sets: PartitionSets,
): Promise<ResolvedRun> {
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
  const window = await windowOf(sets, frozen.partitions, request.partition, logicalTime);
  return { pipeline: frozen, window, logicalTime };
}

/**
 * A run can be as the last one only if that is on record, and this worker has its code.
 * @throws MillraceError SPECIFICATION_NOT_FOUND, CODE_CHANGED
 */
export async function requireAsRun(
  { entries }: BackfillPlan,
  lineage: LineageClient,
  project: CodeOfProject,
): Promise<void> {
  const digests = new Set<string>();
  const problems: Problem[] = [];
  for (const [key, action, , specification] of entries) {
    if (action !== 'run') continue;
    if (specification === undefined) problems.push({ path: 'version', message: `${key} never ran` });
    else digests.add(specification);
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, SHOWN_PROBLEMS);
    const more = problems.length === 1 ? '' : `, and ${problems.length - 1} more`;
    const text = `there is no last run to be as: ${problems[0]?.message}${more}`;
    throw new MillraceError('SPECIFICATION_NOT_FOUND', text, { problems: shown });
  }
  for (const digest of digests) await frozenAsRun(await lineage.specification(digest), digest, project);
}

/** What a run had is what it had: nothing of it can be chosen. @throws INPUT_INVALID */
export function refuseForAsRun({ params, checks }: BackfillInput): void {
  const problems: Problem[] = [];
  if (Object.keys(params).length > 0) problems.push({ path: 'params', message: 'are those of the last runs' });
  if (checks !== 'each') problems.push({ path: 'checks', message: 'are those of the last runs' });
  if (problems.length === 0) return;
  const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new MillraceError('INPUT_INVALID', `version: as-run: ${text}`, { problems });
}

function short(digest: string | undefined): string {
  return digest === undefined ? 'none' : digest.slice(0, 12);
}
