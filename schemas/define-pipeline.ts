import type { z } from 'zod';
import type { PipelineInput } from './pipeline.js';
import type { datasetInputSchema, stepSchema } from './step.js';

type StepInput = z.input<typeof stepSchema>;
type NamesOf<S, T extends StepInput['type']> = { [K in keyof S]: S[K] extends { type: T } ? K : never }[keyof S] &
  string;
type DataInputOf<S> = NamesOf<S, 'ingest' | 'transform'> | z.input<typeof datasetInputSchema>;

/** For each step, which other steps it may name where. */
type References<S, T> = T extends { type: 'transform' | 'train' }
  ? { inputs: Record<string, DataInputOf<S>> }
  : T extends { type: 'check' }
    ? { input: NamesOf<S, 'ingest' | 'transform'> }
    : T extends { type: 'evaluate' }
      ? { model: NamesOf<S, 'train'>; on: DataInputOf<S> }
      : T extends { type: 'register' }
        ? { model: NamesOf<S, 'train'>; evaluation?: NamesOf<S, 'evaluate'> }
        : T extends { type: 'deploy' }
          ? { model: NamesOf<S, 'register'> }
          : unknown;

type Checked<S> = { [K in keyof S]: References<S, S[K]> & { needs?: (keyof S & string)[] } };

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
