import { MillraceError } from '../../../schemas/index.js';
import { isMissing, s3Status } from '../s3-session.js';

/** What a bucket that is read from failed with, as an error of the table. */
export async function s3SourceErrors<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name: kind, message, code } = error as NodeJS.ErrnoException;
    if (error instanceof MillraceError || kind === 'AbortError') throw error;
    const text = `${name}: ${kind} ${message}`;
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? ''))
      throw new MillraceError('STORE_UNAVAILABLE', text, { cause: error });
    if (isMissing(error) || kind === 'NoSuchBucket')
      throw new MillraceError('SOURCE_NOT_FOUND', text, { cause: error });
    const denied = s3Status(error) === 401 || s3Status(error) === 403;
    throw new MillraceError(denied ? 'SOURCE_DENIED' : 'SOURCE_UNAVAILABLE', text, { cause: error });
  }
}
