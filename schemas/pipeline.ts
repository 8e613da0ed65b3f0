import { z } from 'zod';
import { cacheDefaultsSchema } from './cache.js';
import { deadlineSchema } from './deadline.js';
import { digestField, identifierField, jsonField, nameField, responsibilitySchema } from './fields.js';
import { partitionsSchema } from './partition.js';
import { scheduleSchema } from './schedule.js';
import { onFailureField, stepSchema, stepTemplateSchema } from './step.js';
import { triggerSchema } from './trigger.js';

/** A run parameter. Steps refer to it as `{{ params.NAME }}`; alone in a text, the reference keeps the type. */
export const parameterSchema = z.strictObject({
  type: z.enum(['string', 'number', 'boolean']).describe('Type of the value.'),
  default: z
    .union([z.string(), z.number(), z.boolean()])
    .optional()
    .describe('Value when a run gives none; without it each run must give one.'),
  description: z.string().optional().describe('What it is for.'),
});

/**
 * A reference to a parameter, for fields that are no text: `max: param<number>('hottest')`. In a text, write
 * `{{ params.hottest }}`.
 */
export function param<T extends string | number | boolean>(name: string): T {
  return `{{ params.${name} }}` as T;
}

/** A pipeline as it is written. Its steps are judged when a run’s parameters have been put in; see `frozenPipelineSchema`. */
export const pipelineSchema = z.strictObject({
  name: nameField.describe('Name of the pipeline.'),
  description: z.string().max(200).default('').describe('What it is for; shown in the Temporal UI.'),
  partitions: partitionsSchema.default({ kind: 'none' }).describe('How its data is cut.'),
  params: z.record(identifierField, parameterSchema).default({}).describe('Parameters that a run may give.'),
  schedule: scheduleSchema
    .optional()
    .describe('When it runs by itself; put into Temporal with `millrace schedule apply`.'),
  deadline: deadlineSchema.optional().describe('When it has to be done; alerts tell before it is missed.'),
  triggers: z
    .array(triggerSchema)
    .default([])
    .refine(
      (triggers) => new Set(triggers.map(({ name }) => name)).size === triggers.length,
      'must have names that differ from each other',
    )
    .describe('What makes it run besides: new versions of datasets, files, webhooks, services.'),
  onFailure: onFailureField
    .optional()
    .describe('What a failure of a step means, unless the step says otherwise; fail by default.'),
  cache: cacheDefaultsSchema
    .optional()
    .describe('What holds for the steps whose results are reused, unless a step says otherwise.'),
  steps: z
    .record(nameField, stepTemplateSchema)
    .refine((steps) => Object.keys(steps).length > 0, 'must have at least one step')
    .describe('Steps by name.'),
});

/** A pipeline resolved for one run: parameters put in, order derived. It is frozen and on record under its digest. */
export const frozenPipelineSchema = z.strictObject({
  name: nameField.describe('Name of the pipeline.'),
  description: z.string().describe('What it is for.'),
  partitions: partitionsSchema.describe('How its data is cut.'),
  params: z.record(identifierField, jsonField).describe('Values of all parameters.'),
  steps: z.record(nameField, stepSchema).describe('Steps by name, references replaced.'),
  onFailure: onFailureField.optional(),
  cache: cacheDefaultsSchema.optional().describe('What holds for the steps whose results are reused.'),
  counted: z
    .record(nameField, z.record(z.string(), jsonField))
    .optional()
    .describe(
      'Steps as their cache sees them, where it ignores parameters of the pipeline: those references are not replaced.',
    ),
  checksOff: responsibilitySchema.optional().describe('Who left the check steps out, and why.'),
  code: z
    .record(nameField, digestField)
    .optional()
    .describe('Digests of the code that steps call and that is not in the specification: trainers, activities.'),
  digest: digestField.describe('SHA-256 of the canonical JSON of all the above.'),
});

export type Parameter = z.infer<typeof parameterSchema>;
export type Pipeline = z.infer<typeof pipelineSchema>;
/** A pipeline as its author types it. */
export type PipelineInput = Omit<z.input<typeof pipelineSchema>, 'steps'> & {
  steps: Record<string, z.input<typeof stepSchema>>;
};
export type FrozenPipeline = z.infer<typeof frozenPipelineSchema>;
