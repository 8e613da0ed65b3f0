/** Signed requests over HTTP, in and out. */
export * from './signature.js';
