import { z } from 'zod';
import { alertDeliverySchema, alertTaskSchema } from './alert.js';
import { auditorInputSchema, auditorProgressSchema, auditorResultSchema } from './auditor.js';
import {
  backfillInputSchema,
  backfillProgressSchema,
  backfillResultSchema,
  backfillUpdateSchemas,
} from './backfill.js';
import { nameField, responsibilitySchema } from './fields.js';
import { gateDecisionSchema, gateVerbField } from './gate.js';
import { lineInputSchema, lineJoinSchema, lineLeaveSchema, lineStatusSchema } from './line.js';
import { poolAskSchema, poolInputSchema, poolPlaceSchema, poolStatusSchema } from './pool.js';
import { recallInputSchema, recallProgressSchema, recallResultSchema } from './recall.js';
import { abortSchema, rolloutInputSchema, rolloutProgressSchema, rolloutResultSchema } from './rollout.js';
import { runInputSchema, runProgressSchema, runResultSchema } from './run.js';
import { firingInputSchema, firingResultSchema } from './schedule.js';
import { inboxStatusSchema, triggerEventSchema } from './trigger.js';

/** What a workflow takes and gives, for callers in any language: each message is one JSON object. */
export interface WorkflowContract {
  /** What it is for, in a line. */
  description: string;
  /** Id of the one execution for one question. */
  workflowId: string;
  input: z.ZodType;
  result: z.ZodType;
  queries: Record<string, z.ZodType>;
  /** What is sent without waiting for an answer. */
  signals?: Record<string, z.ZodType>;
  updates: Record<string, { input: z.ZodType; result: z.ZodType }>;
}

const decisionResult = z.strictObject({
  accepted: z.literal(true).describe('The decision is on record.'),
  step: nameField.describe('Step that it was made on.'),
});
const decision = { input: gateDecisionSchema, result: decisionResult };

const recallDecision = {
  input: responsibilitySchema,
  result: z.strictObject({ accepted: z.literal(true).describe('The decision is on record.') }),
};

const rolloutTold = {
  input: abortSchema,
  result: z.strictObject({ accepted: z.literal(true).describe('It is on record.') }),
};

/** All workflows that others may start, by workflow type. They run on the task queue `orchestration`. */
export const WORKFLOW_CONTRACTS: Record<string, WorkflowContract> = {
  pipelineRun: {
    description: 'Runs a pipeline for one partition or logical time.',
    workflowId: 'run/PIPELINE/PARTITION',
    input: runInputSchema,
    result: runResultSchema,
    queries: { progress: runProgressSchema },
    updates: Object.fromEntries(gateVerbField.options.map((verb) => [verb, decision])),
  },
  backfill: {
    description: 'Runs a pipeline for each partition of a range that needs it.',
    workflowId: 'backfill/PIPELINE/FROM..TO',
    input: backfillInputSchema,
    result: backfillResultSchema,
    queries: { progress: backfillProgressSchema },
    updates: Object.fromEntries(
      Object.entries(backfillUpdateSchemas).map(([name, input]) => [name, { input, result: backfillProgressSchema }]),
    ),
  },
  rollout: {
    description:
      'Moves the traffic of an endpoint to a model version a little at a time. Started by the step `deploy`.',
    workflowId: 'rollout/ENDPOINT',
    input: rolloutInputSchema,
    result: rolloutResultSchema,
    queries: { progress: rolloutProgressSchema },
    updates: {
      abort: {
        input: abortSchema,
        result: z.strictObject({ accepted: z.literal(true).describe('The rollout has been told to stop.') }),
      },
      hold: rolloutTold,
      resume: rolloutTold,
    },
  },
  scheduledFiring: {
    description:
      'Starts or joins the run of the partition that a schedule’s nominal time closes. Started by schedules.',
    workflowId: 'schedule/PIPELINE-TIME, which Temporal makes',
    input: firingInputSchema,
    result: firingResultSchema,
    queries: {},
    updates: {},
  },
  recall: {
    description: 'Takes a bad dataset version out of use, with everything that came of it, and says what repairs it.',
    workflowId: 'recall/DATASET/PARTITION@VERSION',
    input: recallInputSchema,
    result: recallResultSchema,
    queries: { progress: recallProgressSchema },
    updates: { approve: recallDecision, reject: recallDecision },
  },
  auditor: {
    description:
      'Compares what Temporal ran with what is on record, and repairs the record. Started by a schedule that workers make.',
    workflowId: 'auditor; of the schedule auditor-TIME',
    input: auditorInputSchema,
    result: auditorResultSchema,
    queries: { progress: auditorProgressSchema },
    updates: {},
  },
  inbox: {
    description: 'Takes the events of a pipeline’s triggers and starts runs for them. Started by signal-with-start.',
    workflowId: 'inbox/PIPELINE',
    input: z.strictObject({ pipeline: nameField.describe('Pipeline.') }),
    result: z.strictObject({ pipeline: nameField.describe('Pipeline.') }),
    queries: { waiting: inboxStatusSchema },
    signals: { deliver: triggerEventSchema },
    updates: {},
  },
  alerts: {
    description: 'Reads what is put on record and has each channel told of what it is to know. Started by workers.',
    workflowId: 'alerts',
    input: z.strictObject({}),
    result: z.null(),
    queries: {},
    signals: { wake: z.null() },
    updates: {},
  },
  alertDelivery: {
    description: 'Tells one channel of one alert, as often as it takes. Started by `alerts`.',
    workflowId: 'alerts/CHANNEL-NUMBER',
    input: alertTaskSchema,
    result: alertDeliverySchema,
    queries: {},
    updates: {},
  },
  pool: {
    description: 'Places of a pool: who works, and who waits. Started by steps that name it.',
    workflowId: 'pool/NAME',
    input: poolInputSchema,
    result: z.strictObject({ pool: nameField.describe('Name of the pool.') }),
    queries: { places: poolStatusSchema },
    signals: { ask: poolAskSchema, giveBack: poolPlaceSchema.pick({ ticket: true }) },
    updates: {},
  },
  line: {
    description: 'Firings of a schedule that take turns, where `overlap` is buffer_all or newest. Started by firings.',
    workflowId: 'line/PIPELINE',
    input: lineInputSchema,
    result: z.strictObject({ pipeline: nameField.describe('Pipeline.') }),
    queries: { line: lineStatusSchema },
    signals: { join: lineJoinSchema, leave: lineLeaveSchema },
    updates: {},
  },
  deadlines: {
    description: 'Looks at deadlines and at the age of datasets. Started by workers.',
    workflowId: 'deadlines',
    input: z.strictObject({}),
    result: z.null(),
    queries: {},
    signals: { wake: z.null() },
    updates: {},
  },
};
