/** Triggers: what events mean for a pipeline, files that arrive, webhooks. */
export * from './event-id.js';
export * from './file-pattern.js';
export * from './find-files.js';
export * from './route-event.js';
export * from './settled-files.js';
export * from './webhook-event.js';
export * from './webhook-server.js';
