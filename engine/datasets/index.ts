export * from './object-store.js';
export * from './local-object-store.js';
export * from './partition-windows.js';
