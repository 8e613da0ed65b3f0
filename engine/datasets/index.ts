export type { DatasetDependencies, SourceAccess } from './dataset-dependencies.js';
export { datasetFiles, readManifest } from './dataset-version.js';
export * from './ingest-partition.js';
export * from './local-object-store.js';
export * from './object-store.js';
export * from './partition-windows.js';
export * from './s3-object-store.js';
export { s3ConnectionOf, sourceAccess, type S3Connection } from './s3-session.js';
export * from './transform-dataset.js';
