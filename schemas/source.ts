import { z } from 'zod';

/** Where an ingest step reads from. Files only so far; other kinds are further members of this union. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('parquet').describe('Apache Parquet.'),
    path: z.string().min(1).describe('Path or glob; relative paths start at the project’s folder.'),
  }),
  z.strictObject({
    kind: z.literal('csv').describe('Comma-separated values with a header line.'),
    path: z.string().min(1).describe('Path or glob; relative paths start at the project’s folder.'),
    delimiter: z.string().length(1).default(',').describe('Character between two values.'),
    nullText: z.string().default('').describe('Text that stands for null.'),
  }),
  z.strictObject({
    kind: z.literal('json').describe('An array of objects, or one object a line (NDJSON).'),
    path: z.string().min(1).describe('Path or glob; relative paths start at the project’s folder.'),
  }),
]);

export type Source = z.infer<typeof sourceSchema>;
