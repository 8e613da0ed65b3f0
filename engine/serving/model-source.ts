import type { EndpointState, ModelServerStatus, ModelSignature, ModelVersionRef } from '../../schemas/index.js';

/** Where the states of the endpoints come from; in production the lineage owner. */
export interface EndpointSource {
  /** Newest state of every endpoint. Throws while the owner does not answer. */
  endpoints(): Promise<EndpointState[]>;
}

/** Brings a model's files here and checks their digests. */
export type LoadModel = (ref: ModelVersionRef) => Promise<LoadableModel>;

export interface LoadableModel {
  /** Path of `model.onnx`. */
  modelPath: string;
  signature: ModelSignature;
}

/** Tells the owner about this server. */
export type ReportStatus = (status: ModelServerStatus) => Promise<void>;

/** The part of a pino logger that is used here. */
export interface ServingLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const SILENT: ServingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
