export { connect, type ConnectOptions, type MillraceClient } from './connect.js';
export type { RunHandle } from './run-handle.js';
export { describeError, isMillraceError, MillraceError, type ErrorCode } from '../schemas/errors.js';
export type { Problem } from '../schemas/problems.js';
export type { RunProgress, RunRequest, RunResult, RunVerdict, StepState } from '../schemas/run.js';
