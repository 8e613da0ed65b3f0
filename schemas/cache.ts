import { z } from 'zod';
import { digestField } from './fields.js';

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A length of time as it is written: `30s`, `15m`, `12h` or `90d`. */
export const ageField = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be seconds, minutes, hours or days, as in 30s, 15m, 12h or 90d');

/** The same in seconds. */
export function secondsOf(age: string): number {
  return Number(age.slice(0, -1)) * (UNIT_SECONDS[age.slice(-1)] ?? Number.NaN);
}

const fields = {
  salt: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Counts in the key: another text, and nothing that was computed before is reused.'),
  maxAge: ageField
    .optional()
    .describe(
      'Longest time after which a result is still reused, as in `30s`, `15m`, `12h` or `90d`, from when it was put on record; for ever by default.',
    ),
  off: z
    .union([z.boolean(), z.string().min(3).max(200)])
    .optional()
    .describe('true, or the reason: nothing is reused, and nothing is kept for others.'),
};

/** What holds for all steps of a pipeline that are cached, unless a step says otherwise. */
export const cacheDefaultsSchema = z.strictObject(fields);

/** How results of a step are reused by other runs. */
export const stepCacheSchema = z.strictObject({
  ...fields,
  ignore: z
    .array(z.string().min(1).max(130))
    .optional()
    .describe(
      'Names of parameters and inputs that do not count in the key, as in `threads` or `inputs.reference`; also `partition`, and `seed` of a training.',
    ),
});

/** How a run uses what others computed. */
export const cacheModeField = z
  .enum(['use', 'refresh', 'off'])
  .describe(
    'use: results of other runs with the same key are reused; refresh: every step is computed, and its result is what others reuse from now on; off: every step is computed, and nothing is kept for others.',
  );

/** Whether a step was computed, and why. */
export const cacheNoteSchema = z.strictObject({
  outcome: z
    .enum(['hit', 'miss', 'refresh', 'off'])
    .describe(
      'hit: another run had computed it; miss: it was computed, for others too; refresh: it was computed because the run asked for it; off: it was computed for this run alone.',
    ),
  key: digestField
    .optional()
    .describe('What it was looked up by: a digest of its fields, its code and the versions of its inputs.'),
  reason: z.string().describe('Why, in words.'),
});

/** The same on record. */
export const cacheRecordSchema = cacheNoteSchema.extend({
  parts: z
    .record(z.string(), z.string())
    .optional()
    .describe('What the key is made of: beginnings of digests, by the name of what they are of.'),
});

export type CacheDefaults = z.infer<typeof cacheDefaultsSchema>;
export type StepCache = z.infer<typeof stepCacheSchema>;
export type CacheMode = z.infer<typeof cacheModeField>;
export type CacheNote = z.infer<typeof cacheNoteSchema>;
export type CacheRecord = z.infer<typeof cacheRecordSchema>;
