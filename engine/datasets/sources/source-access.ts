import { MillraceError } from '../../../schemas/index.js';
import type { Secrets } from '../../secrets.js';
import type { SourceAccess } from '../dataset-dependencies.js';
import type { FetchContext } from './local-source.js';

/** @throws MillraceError SECRET_NOT_FOUND where there is no access to anything outside */
export function accessOf({ access }: FetchContext): SourceAccess {
  if (access !== undefined) return access;
  throw new MillraceError('SECRET_NOT_FOUND', 'this process was given no access to sources outside of the machine');
}

export const secretsOf = (context: FetchContext): Secrets => accessOf(context).secrets;
