import { z } from 'zod';

/** A name of a pipeline, step, dataset, model or endpoint: lower-case words joined by `-`; it becomes part of ids, paths and metric labels. */
export const nameField = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by "-", as in "flight-delays"')
  .max(63);

/** A name of an input, view, column parameter or SQL parameter: usable as an identifier in SQL, Python and TypeScript. */
export const identifierField = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be an identifier: letters, digits and "_", not starting with a digit')
  .max(63);

/** A SHA-256 digest as 64 lower-case hexadecimal characters. */
export const digestField = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest in lower-case hexadecimal');

/** An instant as ISO 8601 with an offset, as in `2001-03-01T00:00:00Z`. */
export const instantField = z.iso.datetime({ offset: true });

/** A value that survives JSON unchanged. */
export const jsonField = z.json();

/** Who takes responsibility for something that is not the rule, and why; it is on record. */
export const responsibilitySchema = z.strictObject({
  by: z.string().min(1).max(200).describe('Who takes responsibility.'),
  reason: z.string().min(3).max(500).describe('Why.'),
});

/** Who did something: a person, a service or `schedule`. */
export const actorField = z.string().min(1).max(200);

/** A reference to a secret. The name also is that of a file, so it is a plain word. */
export const secretField = z
  .string()
  .regex(/^secret:[A-Za-z][A-Za-z0-9_-]*$/, 'must be a reference of the form "secret:NAME", never the secret itself')
  .max(100);
