import {
  countedFields,
  isIgnored,
  type CacheableStep,
  type CachePolicy,
  type DatasetVersionRef,
  type PartitionWindow,
  type StepOutput,
} from '../../schemas/index.js';
import { digestOf } from '../digest.js';

/** Another text, and nothing that an earlier Millrace computed is reused: for when a type of step does something else than before. */
const FORMAT = 'millrace.cache/1';

/** Characters of a digest that are kept of a part, to tell later which of them changed. */
const KEPT = 16;

/** All that decides what a step gives. */
export interface StepToKey {
  step: CacheableStep;
  /** Name of the step. */
  name: string;
  pipeline: string;
  window: Pick<PartitionWindow, 'key' | 'start' | 'end'>;
  /** Frozen inputs by name. */
  inputs: Record<string, DatasetVersionRef[]>;
  /** What the steps left that it needs without reading them. */
  needs: Record<string, StepOutput>;
  /** Digest of code that is not in the specification; null where there is none. */
  code: string | null;
  /** The step with the pipeline’s parameters that are ignored left as they are written; where there are any. */
  counted?: Record<string, unknown> | undefined;
  policy: Pick<CachePolicy, 'salt' | 'ignore'>;
}

/** A key, and what it is made of: beginnings of digests, by name. */
export interface CacheKey {
  key: string;
  parts: Record<string, string>;
}

/**
 * Key of what a step computes: the same key means the same result. Inputs count by their content, whatever they are
 * called; the name of the step and of its pipeline count for programs alone, which are told them.
 */
export function cacheKey({ step, name, pipeline, window, inputs, needs, code, counted, policy }: StepToKey): CacheKey {
  const program = step.type === 'activity' || step.type === 'command';
  const values: Record<string, unknown> = {
    ...countedFields(counted ?? step),
    ...prefixed('inputs', inputs, (refs) => refs.map(({ version }) => version)),
    ...(program ? { ...prefixed('needs', needs, contentOf), pipeline } : {}),
    ...(step.type === 'command' ? { step: name } : {}),
    partition: { key: window.key, start: window.start, end: window.end },
    code,
    salt: policy.salt,
  };
  const digests: Record<string, string> = {};
  for (const [part, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && !isIgnored(part, policy.ignore)) digests[part] = digestOf(value);
  }
  return {
    key: digestOf({ format: FORMAT, type: step.type, parts: digests }),
    parts: Object.fromEntries(Object.entries(digests).map(([part, digest]) => [part, digest.slice(0, KEPT)])),
  };
}

/**
 * Which parts are others than those of an earlier computation, in words.
 * @param last null if there was none
 */
export function whyComputed(
  parts: Readonly<Record<string, string>>,
  partition: string,
  last: { runId: string; partition: string; parts: Readonly<Record<string, string>> } | null,
): string {
  if (last === null) return 'nothing was computed for it before';
  const elsewhere = last.partition !== partition;
  const names = [...new Set([...Object.keys(parts), ...Object.keys(last.parts)])].sort();
  const changed = names.filter((name) => parts[name] !== last.parts[name] && !(elsewhere && name === 'partition'));
  const run = `run ${last.runId.slice(0, 12)}${elsewhere ? ` of ${last.partition}` : ''}`;
  if (changed.length === 0) return elsewhere ? `nothing was computed for ${partition} before` : `${run} left nothing`;
  return `${enumerated(changed)} ${changed.length === 1 ? 'is' : 'are'} not as in ${run}`;
}

/** Content of what a step left, without names and addresses. */
function contentOf({ dataset, quarantine, model, modelVersion, value }: StepOutput): unknown {
  return {
    dataset: dataset?.version,
    quarantine: quarantine?.version,
    model: model?.digest,
    modelVersion: modelVersion?.digest,
    value,
  };
}

function prefixed<T>(prefix: string, record: Record<string, T>, value: (one: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, one]) => [`${prefix}.${name}`, value(one)]));
}

function enumerated(names: readonly string[]): string {
  if (names.length > 5) return `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
