import { z } from 'zod';
import { alertChannelSchema } from './alert.js';
import { freshnessSchema } from './deadline.js';
import { groupNamed } from './gate.js';
import { actorField, identifierField, instantField, nameField, secretField } from './fields.js';
import { exportTargetSchema } from './lineage-export.js';
import { retentionSchema } from './retention.js';
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

/** Name that a bucket can have with every provider, so that it is safe in an address. */
const bucketField = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be a bucket name: 3 to 63 lower-case letters, digits, "." and "-"',
  );

/** Where objects are kept. */
export const storeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('local').describe('A folder, which all workers must see.'),
    path: z.string().min(1).describe('The folder; relative to the data folder.'),
  }),
  z
    .strictObject({
      kind: z.literal('s3').describe('A bucket of Amazon S3 or a server that speaks its protocol.'),
      bucket: bucketField.describe('The bucket; it must exist.'),
      prefix: z
        .string()
        .regex(/^([A-Za-z0-9_.-]+\/)*$/, 'must be words that each end with "/", as in "millrace/"')
        .default('')
        .describe('What every key begins with.'),
      endpoint: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Address of the server; by default that of Amazon’s region.'),
      region: z.string().min(1).default('us-east-1').describe('Region.'),
      pathStyle: z
        .boolean()
        .optional()
        .describe(
          'Whether the bucket is in the path instead of the host name; by default so where an endpoint is given.',
        ),
      accessKeyId: secretField
        .optional()
        .describe('Reference to the access key; by default what the AWS SDK finds: environment, profile, role.'),
      secretAccessKey: secretField.optional().describe('Reference to the secret key.'),
      cacheBytes: z
        .int()
        .positive()
        .default(20 * 1024 ** 3)
        .describe('Size in bytes up to which objects are kept in the data folder, the least recently used go first.'),
    })
    .refine((store) => (store.accessKeyId === undefined) === (store.secretAccessKey === undefined), {
      path: ['secretAccessKey'],
      message: 'accessKeyId and secretAccessKey are given both or not at all',
    }),
]);

/** A person. A group has no groups as members. */
const memberField = actorField.refine((name) => groupNamed(name) === undefined, 'must be a person, not a group');

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
    .record(nameField, storeSchema)
    .default({ default: { kind: 'local', path: 'store' } })
    .describe('Object stores; datasets and models go to `default`.'),
  lineage: z
    .strictObject({
      export: z
        .record(nameField, exportTargetSchema)
        .default({})
        .describe('Receivers of OpenLineage events, by names of your own; the lineage owner sends to them.'),
    })
    .prefault({})
    .describe('Lineage.'),
  retention: retentionSchema
    .prefault({})
    .describe('How long versions of datasets are kept that nothing needs; without a class, for ever.'),
  audit: z
    .strictObject({
      key: secretField
        .optional()
        .describe(
          'Reference to the Ed25519 key that signs checkpoints of the audit; by default one beside the database. Make one: millrace audit key',
        ),
      formerKeys: z
        .array(
          z.strictObject({
            publicKey: z.string().min(1).max(1000).describe('The public key, in PEM.'),
            until: instantField.describe('When another took over; what it signed later does not count.'),
          }),
        )
        .default([])
        .describe('Keys that signed before: checkpoints of their time stay good.'),
      store: nameField.default('default').describe('Object store that the checkpoints are copied to.'),
    })
    .prefault({})
    .describe('How the audit record is sealed.'),
  auditor: z
    .strictObject({
      everyMinutes: z
        .int()
        .positive()
        .nullable()
        .default(60)
        .describe('Minutes between two rounds; null: it is started by hand alone.'),
    })
    .prefault({})
    .describe('How often what Temporal ran is compared with what is on record.'),
  pools: z
    .record(nameField, z.int().positive())
    .default({})
    .describe('Pools and their places: how many steps that name one work at once, over all pipelines.'),
  groups: z
    .record(nameField, z.array(memberField).min(1).max(1000))
    .default({})
    .describe(
      'Groups of people, for `allowed: ["group:NAME"]` of steps `approve`: the names that decisions give in `by`.',
    ),
  freshness: z
    .record(nameField, freshnessSchema)
    .default({})
    .describe('Datasets, and how old their newest version may be; alerts tell when one is older.'),
  alerts: z
    .array(alertChannelSchema)
    .default([])
    .refine(
      (channels) => new Set(channels.map(({ name }) => name)).size === channels.length,
      'must have names that differ from each other',
    )
    .describe('Channels on which people and services are told what they should know.'),
  temporalUi: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Address of the Temporal UI as people reach it, for links in alerts; by default what MILLRACE_TEMPORAL_UI says, which `millrace dev` sets.',
    ),
  roles: z
    .partialRecord(
      z.enum(WORKER_ROLES),
      z.strictObject({
        concurrency: z.int().positive().optional().describe('Activities that a worker of the role runs at once.'),
        ratePerSecond: z
          .number()
          .positive()
          .optional()
          .describe(
            'Activities that all workers of the role’s queue together begin in a second; without it, any number.',
          ),
      }),
    )
    .default({})
    .describe('Settings by role.'),
});

export type StoreConfig = z.infer<typeof storeSchema>;
export type MillraceConfig = z.infer<typeof configSchema>;
/** The configuration as its author types it. */
export type MillraceConfigInput = Omit<z.input<typeof configSchema>, 'pipelines'> & { pipelines: PipelineInput[] };

/** Types `millrace.config.ts`: `export default defineConfig({...})`. What types cannot know is checked when the file is loaded. */
export function defineConfig(config: MillraceConfigInput): MillraceConfigInput {
  return config;
}
