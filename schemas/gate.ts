import { z } from 'zod';
import { actorField, identifierField, nameField } from './fields.js';

/** What can be decided on a step that waits. */
export const gateVerbField = z
  .enum(['release', 'reject', 'recheck', 'approve', 'retryStep', 'skipStep', 'abort'])
  .describe(
    'release: a failed check goes on as if it had passed; recheck: its data are made anew and judged again; approve: a step `approve` succeeds; reject: either ends as refused. Of a step that failed and waits: retryStep does it again, skipStep goes on without what it would have made, abort lets the run fail.',
  );

const approvalValue = z.union([z.string(), z.number(), z.boolean()]);

const fieldCommon = {
  required: z.boolean().default(true).describe('Whether an approval without it is refused, where it has no default.'),
  description: z.string().max(200).optional().describe('What it is.'),
};

/** A value that an approval has to give. */
export const approvalFieldSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('string').describe('A text; one that is required is not blank.'),
      minLength: z.int().min(0).max(1000).default(0).describe('Fewest characters.'),
      maxLength: z.int().min(1).max(1000).default(1000).describe('Most characters.'),
      default: z.string().optional().describe('What it is where nobody says.'),
      ...fieldCommon,
    }),
    z.strictObject({
      type: z.literal('number').describe('A number.'),
      integer: z.boolean().default(false).describe('Whether it has to be a whole one.'),
      min: z.number().optional().describe('Least value.'),
      max: z.number().optional().describe('Greatest value.'),
      default: z.number().optional().describe('What it is where nobody says.'),
      ...fieldCommon,
    }),
    z.strictObject({
      type: z.literal('boolean').describe('true or false.'),
      default: z.boolean().optional().describe('What it is where nobody says.'),
      ...fieldCommon,
    }),
    z.strictObject({
      type: z.literal('enum').describe('One of some texts.'),
      values: z.array(z.string().min(1).max(100)).min(1).max(100).describe('Those that it may be.'),
      default: z.string().optional().describe('What it is where nobody says.'),
      ...fieldCommon,
    }),
  ])
  .superRefine((field, context) => {
    if (field.type === 'number' && (field.min ?? -Infinity) > (field.max ?? Infinity)) {
      context.addIssue({ code: 'custom', path: ['min'], message: `must not be greater than max, ${field.max}` });
    }
    if (field.type === 'string' && field.minLength > field.maxLength) {
      context.addIssue({
        code: 'custom',
        path: ['minLength'],
        message: `must not be greater than maxLength, ${field.maxLength}`,
      });
    }
    const problem = field.default === undefined ? undefined : approvalValueProblem(field, field.default);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['default'], message: problem });
  });

/** What a value of a field has to be, in words. */
export function approvalFieldInWords(field: ApprovalField): string {
  switch (field.type) {
    case 'enum':
      return `one of ${field.values.join(', ')}`;
    case 'number': {
      const from = field.min === undefined ? '' : ` from ${field.min}`;
      const to = field.max === undefined ? '' : ` to ${field.max}`;
      return `a ${field.integer ? 'whole ' : ''}number${from}${to}`;
    }
    case 'string':
      return 'a string';
    case 'boolean':
      return 'a boolean';
    default:
      return field satisfies never;
  }
}

/** What is wrong with a value of a field; undefined if nothing is. */
export function approvalValueProblem(field: ApprovalField, value: string | number | boolean): string | undefined {
  const wrong = `must be ${approvalFieldInWords(field)}`;
  switch (field.type) {
    case 'enum':
      return typeof value === 'string' && field.values.includes(value) ? undefined : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong;
    case 'number': {
      if (typeof value !== 'number' || (field.integer && !Number.isInteger(value))) return wrong;
      return value >= (field.min ?? -Infinity) && value <= (field.max ?? Infinity) ? undefined : wrong;
    }
    case 'string': {
      if (typeof value !== 'string') return wrong;
      if (field.required && value.trim() === '') return 'must not be blank';
      const { minLength, maxLength } = field;
      if (value.length >= minLength && value.length <= maxLength) return undefined;
      return `must have ${minLength} to ${maxLength} characters`;
    }
    default:
      return field satisfies never;
  }
}

/** Takes of the updates of a run that decide on a step: their names are those of `gateVerbField`. */
export const gateDecisionSchema = z.strictObject({
  step: nameField.optional().describe('Step that waits; may be left out where only one does.'),
  by: actorField.describe('Who decides.'),
  reason: z.string().min(3).max(500).describe('Why; it is on record.'),
  values: z.record(identifierField, approvalValue).default({}).describe('Values of the fields that the step asks for.'),
});

/** The name of the group that an entry of `allowed` means; undefined for a person. */
export function groupNamed(allowed: string): string | undefined {
  return allowed.startsWith('group:') ? allowed.slice('group:'.length) : undefined;
}

export type GateVerb = z.infer<typeof gateVerbField>;
export type ApprovalField = z.infer<typeof approvalFieldSchema>;
export type GateDecisionInput = z.input<typeof gateDecisionSchema>;

/** A decision that was made. */
export interface GateDecision extends Omit<z.output<typeof gateDecisionSchema>, 'step'> {
  verb: GateVerb;
}

/** What a step that waits understands. */
export interface GateOffer {
  verbs: readonly GateVerb[];
  /** Who may decide, as the step says it: people, and groups as `group:NAME`; anybody by default. */
  allowed?: readonly string[] | undefined;
  /** The people that these are; needed where there are groups among them. */
  people?: readonly string[] | undefined;
  /** Values that an approval gives. */
  fields?: Record<string, ApprovalField>;
}
