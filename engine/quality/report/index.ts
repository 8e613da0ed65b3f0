export { gatherEvidence, type Evidence } from './evidence.js';
export { renderCheckPage, type CheckPageOptions } from './check-page.js';
export { renderDriftPage, type DriftPageOptions } from './drift-page.js';
export { renderJunit, type JunitOptions } from './junit.js';
export { renderProfilePage, type ProfilePageOptions } from './profile-page.js';
export { renderCheckTable, renderDriftTable, renderProfileTable, type TerminalOptions } from './terminal.js';
