export { isRefusedRetry, keysOf, missingRecord, type EndedExecution } from './missing-records.js';
export { abnormalEnd, runBeginning, runEnd, type ExecutionEnd } from './repair-records.js';
