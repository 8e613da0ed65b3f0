import { z } from 'zod';
import { instantField, nameField } from './fields.js';
import { modelVersionRefSchema } from './model.js';

/** The two versions behind an endpoint, and how traffic is split. Model servers follow it. */
export const endpointStateSchema = z.strictObject({
  endpoint: nameField.describe('Name that clients call.'),
  generation: z.int().nonnegative().describe('Number of this state; each change adds one.'),
  stable: modelVersionRefSchema
    .nullable()
    .describe('Version that serves what the canary does not; null for a retired endpoint.'),
  canary: modelVersionRefSchema.nullable().describe('Version that is being tried; null outside a rollout.'),
  canaryWeight: z.number().min(0).max(100).describe('Share of the traffic for the canary, in percent.'),
  changedAt: instantField.describe('When the state was set.'),
  reason: z.string().describe('Why it was set.'),
});

/** Which of the two versions answered. */
export const armField = z.enum(['stable', 'canary']);

/** Counts of one version on one model server since it was loaded; they only grow. */
export const armStatisticsSchema = z.strictObject({
  arm: armField.describe('Role of the version when it answered.'),
  modelVersion: z.int().positive().describe('Number of the model version.'),
  requests: z
    .int()
    .nonnegative()
    .describe(
      'Requests that the traffic split gave to the version; for the stable one without those that the canary had failed on.',
    ),
  errors: z
    .int()
    .nonnegative()
    .describe(
      'Requests on which the version failed or exceeded its time; the stable version answered them instead, where it could.',
    ),
  latency: z
    .strictObject({
      bounds: z.array(z.number()).describe('Upper bounds of the buckets, in milliseconds; the last bucket has none.'),
      counts: z.array(z.int().nonnegative()).describe('Requests in each bucket; one more than bounds.'),
      sum: z.number().nonnegative().describe('Sum of all latencies, in milliseconds.'),
    })
    .describe('Time from the parsed request to its answer.'),
});

/** What a model server says about itself to the lineage owner, each second and on each change. */
export const modelServerStatusSchema = z.strictObject({
  serverId: z.string().min(1).describe('Id of the process, new at each start.'),
  url: z.url().describe('Address of the server.'),
  endpoints: z
    .array(
      z.strictObject({
        endpoint: nameField.describe('Name of the endpoint.'),
        generation: z.int().nonnegative().describe('State that is in force here.'),
        ready: z.boolean().describe('Whether every version of that state is loaded.'),
        error: z.string().nullable().describe('Why the newest state could not be put in force; the one before stays.'),
        failedGeneration: z
          .int()
          .nonnegative()
          .optional()
          .describe('Generation that could not be put in force; absent without an error.'),
        statistics: z.array(armStatisticsSchema).describe('Counts by version and arm.'),
      }),
    )
    .describe('Endpoints that are served.'),
});

export type EndpointState = z.infer<typeof endpointStateSchema>;
export type Arm = z.infer<typeof armField>;
export type ArmStatistics = z.infer<typeof armStatisticsSchema>;
export type ModelServerStatus = z.infer<typeof modelServerStatusSchema>;
