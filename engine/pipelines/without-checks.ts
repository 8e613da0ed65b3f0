import { formatPath, MillraceError, type Pipeline } from '../../schemas/index.js';

/**
 * A pipeline without its check steps: what they would have judged is published unjudged. The rest no longer waits for them.
 * @throws PIPELINE_INVALID if nothing else is left
 */
export function withoutChecks(pipeline: Pipeline): Pipeline {
  const kept = Object.entries(pipeline.steps).filter(([, step]) => step.type !== 'check');
  if (kept.length === 0) {
    const message = `${pipeline.name} has nothing but checks, so it cannot run without them`;
    throw new MillraceError('PIPELINE_INVALID', message, { problems: [{ path: formatPath(['checks']), message }] });
  }
  const names = new Set(kept.map(([name]) => name));
  const steps = kept.map(([name, step]) => {
    const needs: unknown = step.needs;
    return [
      name,
      Array.isArray(needs) ? { ...step, needs: needs.filter((need) => names.has(String(need))) } : step,
    ] as const;
  });
  return { ...pipeline, steps: Object.fromEntries(steps) };
}
