import { z } from 'zod';
import { quarantineDatasetOf } from '../../schemas/index.js';
import { digestOf } from '../digest.js';

/** As much of a specification as is read here; one of another make is kept on record as it is, and says nothing here. */
const specificationSchema = z.object({
  steps: z.record(z.string(), z.looseObject({ type: z.string() })),
  code: z.record(z.string(), z.string()).optional(),
});

/** Fields of a step that change nothing about what it writes. */
const OPERATIONAL = [
  'description',
  'needs',
  'tag',
  'pool',
  'timeoutSeconds',
  'onFailure',
  'cache',
  'memory',
  'threads',
];

/** What a step of a specification does, as digests that can be compared between runs. */
export interface StepSpecification {
  step: string;
  type: string;
  /** Dataset that the step writes; null for steps that write none. */
  dataset: string | null;
  /** Digest of the code of the step: the SQL of a transform, or what it calls; null where there is none. */
  codeDigest: string | null;
  /** Digest of everything else that decides what the step writes. */
  digest: string;
}

type StepFields = { type: string } & Record<string, unknown>;

/** The steps of a specification with their digests; none for a specification without steps. */
export function stepSpecifications(specification: unknown): StepSpecification[] {
  const { steps = {}, code = {} } = specificationSchema.safeParse(specification).data ?? {};
  return Object.entries(steps).map(([step, fields]) => {
    const own = specificationOf(step, fields, code);
    const input = typeof fields.input === 'string' ? steps[fields.input] : undefined;
    if (fields.type !== 'check' || typeof fields.quarantine !== 'string' || input === undefined) return own;
    // What a quarantine leaves is made of what its input’s step made in the same run, so it is as old as both.
    const { dataset, codeDigest, digest } = specificationOf(String(fields.input), input, code);
    if (dataset === null) return own;
    const written =
      fields.quarantine === 'split'
        ? quarantineDatasetOf({ quarantineDataset: fields.quarantineDataset }, dataset)
        : dataset;
    return { ...own, dataset: written, codeDigest, digest: digestOf([own.digest, digest]) };
  });
}

function specificationOf(step: string, fields: StepFields, code: Record<string, string>): StepSpecification {
  const { sql, ...rest } = fields;
  const deciding = Object.fromEntries(Object.entries(rest).filter(([name]) => !OPERATIONAL.includes(name)));
  return {
    step,
    type: fields.type,
    dataset: typeof fields.dataset === 'string' ? fields.dataset : null,
    codeDigest: typeof sql === 'string' ? digestOf(sql) : (code[step] ?? null),
    digest: digestOf(deciding),
  };
}
