import { isMillraceError, MillraceError } from '../../schemas/errors.js';

/** The error for a file that the decoder refuses. */
export function unreadable(path: string, cause: unknown): MillraceError {
  if (isMillraceError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as Parquet: ${reason}`, { cause });
}
