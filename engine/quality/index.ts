export { checkFiles, type CheckFilesOptions } from './check-files.js';
export type { EarlierVersion } from './kernels/kernel.js';
export { profileFiles, type ProfileFilesOptions } from './profile-files.js';
export * from './profile/index.js';
export type { Reference, References } from './references.js';
export { renderReportMarkdown, summarizeFailures } from './render-report.js';
export { createScanPool, type ScanPool } from './scan-pool.js';
export { validateSuite } from './validate-suite.js';
