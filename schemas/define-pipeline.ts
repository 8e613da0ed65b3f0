import type { z } from 'zod';
import type { PipelineInput } from './pipeline.js';
import type { datasetInputSchema, stepSchema } from './step.js';

type StepInput = z.input<typeof stepSchema>;
type NamesOf<S, T extends StepInput['type']> = { [K in keyof S]: S[K] extends { type: T } ? K : never }[keyof S] &
  string;
type DataInputOf<S> = NamesOf<S, 'ingest' | 'transform'> | z.input<typeof datasetInputSchema>;

/** What the compiler names where a reference leads nowhere: the names that would do. `never` where no step would. */
interface NoSuchReference<Allowed> {
  readonly allowed: Allowed;
}

/** Nothing to add to a reference that holds. A wrong one gets a type that it cannot have, rather than `never`, which would swallow the whole step. */
type Reference<Given, Allowed> = Given extends Allowed ? unknown : NoSuchReference<Extract<Allowed, string>>;

/** For each field of a step that refers to others, what it may refer to. */
type Allowed<S, T> = T extends { type: 'check' }
  ? { input: NamesOf<S, 'ingest' | 'transform'> }
  : T extends { type: 'evaluate' }
    ? { model: NamesOf<S, 'train'>; on: DataInputOf<S> }
    : T extends { type: 'register' }
      ? { model: NamesOf<S, 'train'>; evaluation: NamesOf<S, 'evaluate'> }
      : T extends { type: 'deploy' }
        ? { model: NamesOf<S, 'register'> }
        : unknown;

type CheckedStep<S, T> = {
  [F in keyof T]: F extends 'needs'
    ? (keyof S & string)[]
    : F extends 'inputs'
      ? { [I in keyof T[F]]: Reference<T[F][I], DataInputOf<S>> }
      : F extends keyof Allowed<S, T>
        ? Reference<T[F], Allowed<S, T>[F]>
        : unknown;
};

type Checked<S> = { [K in keyof S]: CheckedStep<S, S[K]> };

/**
 * Types a pipeline: a reference to a step that is not there, or to one of the wrong type, is a compile error.
 * What types cannot know (cycles, parameters, columns) is a CONFIG_INVALID with its path when the configuration is loaded.
 *
 * @example
 * export default definePipeline({
 *   name: 'weather',
 *   steps: {
 *     raw: { type: 'ingest', source: { kind: 'csv', path: 'weather.csv' }, dataset: 'weather' },
 *     quality: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1 }] } },
 *   },
 * });
 */
export function definePipeline<const S extends Record<string, StepInput>>(
  pipeline: Omit<PipelineInput, 'steps'> & { steps: S & Checked<S> },
): PipelineInput {
  return pipeline;
}
