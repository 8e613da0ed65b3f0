import { z } from 'zod';
import { instantField, nameField, secretField } from './fields.js';
import { hint } from './nearest.js';
import { timezoneField } from './timezone.js';

/** What alerts are about, each with its severity. */
export const ALERT_SEVERITIES = {
  run_failed: 'error',
  run_refused: 'warning',
  run_cancelled: 'info',
  run_recovered: 'info',
  check_failed: 'error',
  check_warned: 'warning',
  approval_needed: 'warning',
  rollout_rolled_back: 'error',
  backfill_incomplete: 'error',
  deadline_at_risk: 'warning',
  deadline_missed: 'critical',
  dataset_late: 'error',
  record_gap: 'warning',
} as const;

type Event = keyof typeof ALERT_SEVERITIES;
const EVENTS = Object.keys(ALERT_SEVERITIES) as [Event, ...Event[]];

/** What somebody did, or meant to happen: told of where a channel lists it. */
const ASKED_FOR: readonly Event[] = ['run_refused', 'run_cancelled', 'check_warned'];

export const alertEventField = z
  .enum(EVENTS)
  .describe(
    'run_failed: the work could not be done; run_refused: a gate said no; run_cancelled: somebody cancelled it; run_recovered: a run succeeded whose last attempt had not; check_failed, check_warned: by the verdict of a suite; approval_needed: a step waits for somebody; rollout_rolled_back: a canary was taken back; backfill_incomplete: it ended with failures; deadline_at_risk, deadline_missed: of a pipeline; dataset_late: it is older than it may be; record_gap: the auditor found something that a person has to look at.',
  );

const severityField = z.enum(['info', 'warning', 'error', 'critical']);

/** Something that somebody should know. */
export const alertSchema = z.strictObject({
  event: alertEventField,
  severity: severityField.describe('How bad it is.'),
  key: z.string().min(1).max(300).describe('What is the same for alerts about the same trouble.'),
  title: z.string().max(300).describe('In a few words.'),
  message: z.string().max(2000).describe('In more words: reasons, counts, what to do.'),
  pipeline: nameField.nullable().describe('Pipeline that it is about.'),
  partition: z.string().nullable().describe('Partition that it is about.'),
  workflowId: z.string().nullable().describe('Workflow that it is about.'),
  runId: z.string().nullable().describe('Run that it is about.'),
  at: instantField.describe('When it happened.'),
});

/** What a template may name. */
const PLACEHOLDERS = [...Object.keys(alertSchema.shape), 'link'];

/** A reference in a template: its first group is the name. */
export const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, as in "06:30"');

const common = {
  name: nameField.describe('Name of the channel.'),
  events: z
    .array(alertEventField)
    .min(1)
    .default(EVENTS.filter((event) => !ASKED_FOR.includes(event)))
    .describe('What it is told of.'),
  pipelines: z.array(nameField).min(1).optional().describe('Pipelines that it is told of; all by default.'),
  template: z
    .string()
    .min(1)
    .max(4000)
    .superRefine((template, context) => {
      for (const [, name = ''] of template.matchAll(PLACEHOLDER)) {
        if (PLACEHOLDERS.includes(name)) continue;
        context.addIssue({ code: 'custom', message: `has no value {{${name}}}${hint(name, PLACEHOLDERS)}` });
      }
    })
    .default('{{title}}\n{{message}}')
    .describe(
      'Text of a message; {{title}}, {{message}}, {{event}}, {{severity}}, {{pipeline}}, {{partition}}, {{workflowId}}, {{runId}}, {{at}} and {{link}}, which leads to the workflow in the Temporal UI, are replaced.',
    ),
  repeatSeconds: z
    .int()
    .nonnegative()
    .default(3600)
    .describe('How long further alerts about the same trouble are left out, in seconds.'),
  quiet: z
    .strictObject({
      from: timeOfDay.describe('When quiet begins.'),
      to: timeOfDay.describe('When it ends; on the next day if that is earlier.'),
      timezone: timezoneField.default('UTC').describe('IANA name of their time zone.'),
      except: z
        .array(severityField)
        .default(['critical'])
        .describe('Severities that are told at once all the same; the others when quiet ends.'),
    })
    .optional()
    .describe('Hours of the day in which nobody is to be disturbed.'),
  attempts: z.int().min(1).max(100).default(10).describe('How often a delivery is tried; the last are minutes apart.'),
};

const addressField = z
  .union([secretField, z.url({ protocol: /^https?$/ })])
  .describe('Address, or a reference to it where it is a secret.');

export const webhookChannelSchema = z.strictObject({
  kind: z.literal('webhook').describe('The alert as JSON, signed as Standard Webhooks has it.'),
  ...common,
  url: addressField,
  secret: secretField.optional().describe('Reference to the key of the signature; without it requests are not signed.'),
});

export const slackChannelSchema = z.strictObject({
  kind: z.literal('slack').describe('An incoming webhook of Slack, or of what understands the same.'),
  ...common,
  url: addressField,
});

export const pagerdutyChannelSchema = z.strictObject({
  kind: z
    .literal('pagerduty')
    .describe(
      'Events API v2 of PagerDuty, or of what understands the same; run_recovered resolves what run_failed began.',
    ),
  ...common,
  url: addressField.default('https://events.pagerduty.com/v2/enqueue'),
  routingKey: secretField.describe('Reference to the integration key.'),
});

/** Where alerts go. */
export const alertChannelSchema = z.discriminatedUnion('kind', [
  webhookChannelSchema,
  slackChannelSchema,
  pagerdutyChannelSchema,
]);

/** An alert that a channel is to be told of: input of the workflow `alertDelivery`. */
export const alertTaskSchema = z.strictObject({
  id: z.string().min(1).max(200).describe('The same for each attempt.'),
  channel: nameField.describe('The channel.'),
  alert: alertSchema.describe('The alert.'),
  holdUntil: z.number().nullable().describe('End of quiet hours, in milliseconds since 1970; null: at once.'),
  repeatMs: z.number().nonnegative().describe('How long the same trouble is left out, in milliseconds.'),
  attempts: z.int().min(1).describe('How often it is tried.'),
  after: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'Id of the task about the same trouble that has to end first, as a failure before its recovery; null: none.',
    ),
});

/** What became of an alert on a channel. */
export const alertDeliverySchema = z.strictObject({
  alert: alertSchema.describe('The alert.'),
  channel: nameField.describe('The channel.'),
  outcome: z
    .enum(['delivered', 'failed', 'left_out'])
    .describe('failed: every attempt did; left_out: the same trouble was told a short time before.'),
  attempts: z.int().nonnegative().describe('How often it was tried.'),
  message: z.string().max(1000).describe('What the other side said, or why it was left out.'),
});

/** Body of `POST /api/v1/alerts/after`. */
export const alertsAfterRequestSchema = z.strictObject({
  after: z.int().nonnegative().nullable().describe('`next` of the answer before; null gives none, and where to begin.'),
});

/** Answer of `POST /api/v1/alerts/after`. */
export const alertsAfterResponseSchema = z.strictObject({
  alerts: z
    .array(z.strictObject({ sequence: z.int().positive().describe('Number of the record.'), alert: alertSchema }))
    .describe('What was put on record since, oldest first.'),
  next: z.int().nonnegative().describe('Give it as `after` for those that follow.'),
});

/** Answer of `GET /api/v1/alerts`. */
export const alertDeliveriesResponseSchema = z.strictObject({
  deliveries: z
    .array(alertDeliverySchema.extend({ at: instantField.describe('When it ended.') }))
    .describe('Deliveries, newest first.'),
});

/** The id of the one workflow that tells of alerts. */
export const ALERTS_WORKFLOW_ID = 'alerts';

export type AlertEvent = z.infer<typeof alertEventField>;
export type Alert = z.infer<typeof alertSchema>;
export type AlertChannel = z.infer<typeof alertChannelSchema>;
export type AlertTask = z.infer<typeof alertTaskSchema>;
export type AlertDelivery = z.infer<typeof alertDeliverySchema>;
export type AlertsAfter = z.infer<typeof alertsAfterResponseSchema>;
export type RecordedDelivery = z.infer<typeof alertDeliveriesResponseSchema>['deliveries'][number];
