import { ERROR_TABLE, type ErrorCode } from './error-table/index.js';
import type { Problem } from './problems.js';

export { ERROR_CODES, ERROR_TABLE, type ErrorCategory, type ErrorCode } from './error-table/index.js';

/**
 * The one error that Millrace throws on purpose. It carries a stable code, every problem by path, and the remedy of the table.
 * Activities turn it into a Temporal failure whose type is the code.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  /**
   * @param code what happened, from the error table
   * @param message the particulars: names, paths, numbers; no trailing remedy, it is added from the table
   * @param options `problems` by path, and the `cause`
   */
  constructor(code: ErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
  }

  get remedy(): string {
    return ERROR_TABLE[this.code].remedy;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }
}

/** Whether a thrown value is a MillraceError, also one from another copy of the package. */
export function isMillraceError(error: unknown): error is MillraceError {
  return (
    error instanceof Error && error.name === 'MillraceError' && 'code' in error && String(error.code) in ERROR_TABLE
  );
}

/** The text that a person sees: code, message, one line a problem, remedy. */
export function describeError(error: MillraceError): string {
  const problems = error.problems.map((problem) => `  ${problem.path || '(input)'}: ${problem.message}`);
  return [`${error.code}: ${error.message}`, ...problems, `Remedy: ${error.remedy}`].join('\n');
}
