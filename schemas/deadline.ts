import { z } from 'zod';
import { timezoneField } from './timezone.js';

/** When the runs of the newest complete partition, with all keys of what is no time, must have succeeded. */
export const deadlineSchema = z.strictObject({
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, as in "06:00"')
    .describe('Time of day by which the partition that is complete by then must have run with success.'),
  timezone: timezoneField.default('UTC').describe('IANA name of its time zone.'),
  raisePriority: z
    .boolean()
    .default(false)
    .describe('Whether a run that is at risk gets the highest priority, so that its next steps come before others.'),
});

/** How old the newest version of a dataset may be. */
export const freshnessSchema = z.strictObject({
  maxAgeSeconds: z
    .number()
    .positive()
    .describe('Greatest age, in seconds, of the newest version that can be read, over all partitions.'),
});

/** The id of the one workflow that looks at deadlines. */
export const DEADLINES_WORKFLOW_ID = 'deadlines';

export type Deadline = z.infer<typeof deadlineSchema>;
