import {
  hint,
  MillraceError,
  stepDependencies,
  type FrozenPipeline,
  type ReusableStep,
  type RunRecord,
} from '../../schemas/index.js';
import { stepSpecifications } from '../lineage/index.js';

/**
 * Steps of an earlier run whose results a run of the same partition may take over: they succeeded, are specified as they
 * were, call the same code, and so it is with all that they depend on. Whether they would read the same versions is seen
 * when the inputs are known.
 * @param from first step that is done again
 * @throws INPUT_INVALID if there is no such step, or nothing is left to be done
 */
export function reusableSteps(
  pipeline: FrozenPipeline,
  earlier: RunRecord,
  from?: string,
): Record<string, ReusableStep> {
  const { steps } = pipeline;
  const names = Object.keys(steps);
  if (from !== undefined && !names.includes(from)) {
    throw refusal('retry.from', `there is no step "${from}"${hint(from, names)}`);
  }
  const then = digests(earlier.specification);
  const now = digests(pipeline);
  const ends = new Map(earlier.steps.map((end) => [end.step, end]));
  const dependencies = stepDependencies(steps);
  const decided = new Map<string, boolean>();
  const holds = (name: string): boolean => {
    const known = decided.get(name);
    if (known !== undefined) return known;
    const end = ends.get(name);
    const own = end?.status === 'succeeded' && end.output !== null && name !== from && then.get(name) === now.get(name);
    const all = own && (dependencies[name] ?? []).every(holds);
    decided.set(name, all);
    return all;
  };
  const found: Record<string, ReusableStep> = {};
  for (const name of names.filter(holds)) {
    const end = ends.get(name);
    if (end === undefined || end.output === null) continue;
    const { summary, inputs, inputModels, output } = end;
    found[name] = { runId: end.reusedFrom ?? earlier.runId, summary, inputs, inputModels, output };
  }
  if (Object.keys(found).length < names.length) return found;
  throw refusal('retry', `every step of run ${earlier.runId} succeeded and is still valid; name one with from`);
}

function digests(specification: unknown): Map<string, string> {
  return new Map(
    stepSpecifications(specification).map(({ step, digest, codeDigest }) => [step, `${digest}/${codeDigest ?? ''}`]),
  );
}

function refusal(path: string, message: string): MillraceError {
  return new MillraceError('INPUT_INVALID', `retry: ${message}`, { problems: [{ path, message }] });
}
