import { z } from 'zod';
import { identifierField, nameField } from './fields.js';
import { pipelineSchema, type PipelineInput } from './pipeline.js';
import { WORKER_ROLES } from './task-queues.js';

/** What an activity of the project is given. */
export interface ProjectActivityContext {
  /** `input` of the step, references to parameters replaced. */
  input: Record<string, unknown>;
  pipeline: string;
  partition: string;
  runId: string;
  /** Aborted when the run is cancelled or the worker shuts down. */
  signal: AbortSignal;
  /** Says how far the work is; also keeps the activity alive. */
  progress(message: string): void;
}

/** An activity of the project: what it returns must survive JSON and becomes the step’s value. */
export type ProjectActivity = (context: ProjectActivityContext) => Promise<unknown>;

/** `millrace.config.ts`. */
export const configSchema = z.strictObject({
  pipelines: z.array(pipelineSchema).describe('Pipelines of the project.'),
  activities: z
    .record(
      identifierField,
      z.custom<ProjectActivity>((value) => typeof value === 'function', 'must be a function'),
    )
    .default({})
    .describe('Activities for steps of type `activity`.'),
  workflows: z
    .string()
    .optional()
    .describe(
      'Module with workflows of the project’s own, relative to the project’s folder; they are bundled with Millrace’s.',
    ),
  stores: z
    .record(
      nameField,
      z.strictObject({
        kind: z.literal('local').describe('A folder.'),
        path: z.string().min(1).describe('The folder; relative to the data folder.'),
      }),
    )
    .default({ default: { kind: 'local', path: 'store' } })
    .describe('Object stores; datasets and models go to `default`.'),
  roles: z
    .partialRecord(
      z.enum(WORKER_ROLES),
      z.strictObject({
        concurrency: z.int().positive().describe('Activities that a worker of the role runs at once.'),
      }),
    )
    .default({})
    .describe('Settings by role.'),
});

export type MillraceConfig = z.infer<typeof configSchema>;
/** The configuration as its author types it. */
export type MillraceConfigInput = Omit<z.input<typeof configSchema>, 'pipelines'> & { pipelines: PipelineInput[] };

/** Types `millrace.config.ts`: `export default defineConfig({...})`. What types cannot know is checked when the file is loaded. */
export function defineConfig(config: MillraceConfigInput): MillraceConfigInput {
  return config;
}
