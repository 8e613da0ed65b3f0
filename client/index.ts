export type { BackfillHandle } from './backfill-handle.js';
export { connect, type ConnectOptions, type MillraceClient } from './connect.js';
export type { ScheduleChange, Schedules, ScheduleStatus } from './schedules.js';
export type { RunHandle } from './run-handle.js';
export type { BackfillProgress, BackfillRequest, BackfillResult } from '../schemas/backfill.js';
export { describeError, isMillraceError, MillraceError, type ErrorCode } from '../schemas/errors.js';
export type { Problem } from '../schemas/problems.js';
export type { RunProgress, RunRequest, RunResult, RunVerdict, StepState } from '../schemas/run.js';
