import { z } from 'zod';
import { identifierField, nameField, secretField } from './fields.js';
import { postgresStatements } from './postgres-query.js';

const files = {
  path: z
    .string()
    .min(1)
    .describe(
      'Path or glob, relative to the project’s folder; or an address: `https://…`, or `s3://BUCKET/KEY`, where the key may be a glob. `{partition}` stands for the key of the run’s partition.',
    ),
  store: nameField
    .optional()
    .describe(
      'Store of kind `s3` in the configuration with whose address and credentials an `s3://` path is read; `default` by default.',
    ),
  authorization: secretField
    .optional()
    .describe('Reference to the value of the header `Authorization` for an `https://` path, as in `Bearer …`.'),
};

const csv = {
  delimiter: z.string().length(1).default(',').describe('Character between two values.'),
  nullText: z.string().default('').describe('Text that stands for null.'),
};

/** Where an ingest step reads from. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('parquet').describe('Apache Parquet.'), ...files }),
  z.strictObject({ kind: z.literal('csv').describe('Comma-separated values with a header line.'), ...files, ...csv }),
  z.strictObject({
    kind: z.literal('json').describe('An array of objects, or one object a line (NDJSON).'),
    ...files,
  }),
  z.strictObject({ kind: z.literal('arrow').describe('Apache Arrow IPC, as a stream or a file (Feather).'), ...files }),
  z
    .strictObject({
      kind: z.literal('postgres').describe('A table or query of PostgreSQL, streamed with COPY.'),
      connection: secretField.describe('Reference to the address: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.'),
      table: z
        .string()
        .regex(/^[^.]+(\.[^.]+)?$/, 'must be a table, as in "flights" or "public.flights"')
        .optional()
        .describe('Table or view, with its schema if it is not on the search path.'),
      query: z
        .string()
        .min(1)
        .superRefine((query, context) => {
          const { length } = postgresStatements(query);
          if (length === 1) return;
          const found = length === 0 ? 'has none' : `has ${length}, divided by semicolons`;
          context.addIssue({ code: 'custom', message: `must be one statement and ${found}` });
        })
        .optional()
        .describe(
          'One SELECT in PostgreSQL’s SQL; comments and a semicolon may end it. The partition is in the settings millrace.partition_key, _start and _end.',
        ),
    })
    .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
      path: ['table'],
      message: 'either a table or a query is given',
    }),
  z.strictObject({
    kind: z.literal('command').describe('What a program writes to its standard output.'),
    command: z.array(z.string()).min(1).describe('Program and arguments; no shell takes them apart.'),
    format: z.enum(['parquet', 'csv', 'json', 'arrow']).describe('Format of the output.'),
    directory: z.string().min(1).default('.').describe('Folder it is started in; relative to the project’s folder.'),
    env: z
      .record(identifierField, z.string())
      .default({})
      .describe('Further variables; a value `secret:NAME` is what the reference stands for.'),
    ...csv,
  }),
]);

export type Source = z.infer<typeof sourceSchema>;
export type SourceOf<K extends Source['kind']> = Extract<Source, { kind: K }>;

/** A source as people and lineage know it: no secret is in it. */
export function sourceName(source: Source): string {
  switch (source.kind) {
    case 'postgres':
      return `postgres:${source.connection.slice('secret:'.length)}/${source.table ?? 'query'}`;
    case 'command':
      return `command:${source.command.join(' ')}`.slice(0, 200);
    default:
      return source.path;
  }
}
