import { z } from 'zod';
import { digestField, nameField } from './fields.js';

/** A dataset version: the first 32 hexadecimal characters of the SHA-256 of its manifest’s canonical JSON. */
export const datasetVersionField = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be a dataset version of 32 hexadecimal characters');

/** A column of a dataset. */
export const columnSchema = z.strictObject({
  name: z.string().min(1).describe('Name of the column, as in the file.'),
  type: z.string().min(1).describe('Type in DuckDB’s words, as in BIGINT, DOUBLE, VARCHAR, TIMESTAMP.'),
  nullable: z.boolean().default(true).describe('Whether the column may hold nulls.'),
});

/** What travels in payloads instead of rows. */
export const datasetVersionRefSchema = z.strictObject({
  dataset: nameField.describe('Name of the dataset.'),
  partition: z.string().describe('Partition key that the version is of; `all` for a dataset without partitions.'),
  version: datasetVersionField.describe(
    'Content-derived version: the same content has the same version, whoever writes it.',
  ),
  uri: z.string().describe('Where the manifest is: `store://STORE/KEY`.'),
  rows: z.int().nonnegative().describe('Number of rows.'),
  bytes: z.int().nonnegative().describe('Bytes of all Parquet files.'),
  schemaFingerprint: digestField.describe('SHA-256 of the canonical JSON of the columns.'),
});

/** The manifest: what a dataset version is made of. Its canonical JSON, hashed, is the version. */
export const datasetManifestSchema = z.strictObject({
  format: z.literal('millrace.dataset/1').describe('Format of this manifest.'),
  columns: z.array(columnSchema).min(1).describe('Columns in order.'),
  files: z
    .array(
      z.strictObject({
        digest: digestField.describe('SHA-256 of the file; its key in the store follows from it.'),
        uri: z.string().describe('Where the file is: `store://STORE/KEY`.'),
        rows: z.int().nonnegative().describe('Rows in the file.'),
        bytes: z.int().nonnegative().describe('Size of the file.'),
      }),
    )
    .describe('Parquet files, sorted by digest.'),
});

export type Column = z.infer<typeof columnSchema>;
export type DatasetVersionRef = z.infer<typeof datasetVersionRefSchema>;
export type DatasetManifest = z.infer<typeof datasetManifestSchema>;

/** The version as people read it: its first 12 characters. */
export function shortVersion(version: string): string {
  return version.slice(0, 12);
}
