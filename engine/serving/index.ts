/** The model server: endpoints followed, traffic split, models run. */
export { type ModelServer, type ModelServerOptions, startModelServer } from './model-server.js';
export type { EndpointSource, LoadableModel, LoadModel, ReportStatus, ServingLogger } from './model-source.js';
export { bucketOf, chooseArm, SPLIT_BUCKETS } from './traffic-split.js';
