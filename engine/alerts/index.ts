/** Alerts: what records tell people, and how it is sent to where they read it. */
export * from './alert-of.js';
export * from './payload.js';
export * from './quiet-hours.js';
export * from './send-alert.js';
