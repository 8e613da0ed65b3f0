export { checkFiles, type CheckFilesOptions } from './check-files.js';
export { renderReportMarkdown, summarizeFailures } from './render-report.js';
export { validateSuite } from './validate-suite.js';
