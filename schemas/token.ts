import { z } from 'zod';

/** What a token allows; each scope contains the one before. */
export const tokenScopeField = z
  .enum(['read', 'write', 'admin'])
  .describe('read: questions; write: records as well; admin: backup and rebuild as well.');

export type TokenScope = z.infer<typeof tokenScopeField>;
