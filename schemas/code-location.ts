import { z } from 'zod';

/** Where the code of a pipeline is, as the worker that froze the run found it. */
export const codeLocationSchema = z.strictObject({
  repository: z.string().nullable().describe('Address of the repository, without credentials; null without a remote.'),
  revision: z.string().min(1).describe('Commit that was checked out.'),
  branch: z.string().nullable().describe('Branch that was checked out; null for none, as in a build.'),
  path: z.string().describe('Folder of the project within the repository; empty for its root.'),
  modified: z.boolean().describe('Whether files of the project differed from the commit.'),
});

export type CodeLocation = z.infer<typeof codeLocationSchema>;
