import { DATA_ERRORS } from './data-errors.js';
import type { ErrorEntry } from './entry.js';
import { INPUT_ERRORS } from './input-errors.js';
import { SERVICE_ERRORS } from './service-errors.js';
import { WORK_ERRORS } from './work-errors.js';

export type { ErrorCategory } from './entry.js';

/** Every error that Millrace raises, by its stable code. `docs/reference/errors.md` is made from it. */
export const ERROR_TABLE = {
  ...INPUT_ERRORS,
  ...DATA_ERRORS,
  ...WORK_ERRORS,
  ...SERVICE_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

/** A stable code of the error table. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** All codes, for tables and tests. */
export const ERROR_CODES = Object.keys(ERROR_TABLE) as ErrorCode[];
