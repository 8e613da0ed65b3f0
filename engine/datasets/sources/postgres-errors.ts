import { MillraceError, type ErrorCode } from '../../../schemas/index.js';

/** Codes of SQLSTATE, or their first two characters, and what they are here. */
const CODES: readonly [RegExp, ErrorCode][] = [
  [/^(28|42501)/, 'SOURCE_DENIED'],
  [/^(3D000|3F000|42P01)/, 'SOURCE_NOT_FOUND'],
  // Connection, resources, operator, system, conflict with recovery: another time it may go well.
  [/^(08|53|57|58|40|55)/, 'SOURCE_UNAVAILABLE'],
];

/** What PostgreSQL or the way to it failed with, as an error of the table. */
export function postgresError(source: string, error: unknown): unknown {
  if (error instanceof MillraceError) return error;
  const { message, code = '' } = error as Error & { code?: string };
  if (['ENOSPC', 'EDQUOT', 'EFBIG', 'EACCES', 'EROFS'].includes(code)) {
    return new MillraceError('STORE_UNAVAILABLE', `no place for the rows: ${message}`, { cause: error });
  }
  const ofServer = /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object);
  const known = ofServer ? CODES.find(([pattern]) => pattern.test(code))?.[1] : 'SOURCE_UNAVAILABLE';
  return new MillraceError(known ?? 'SOURCE_UNREADABLE', `${source}: ${message}${code && ` (${code})`}`, {
    cause: error,
  });
}
