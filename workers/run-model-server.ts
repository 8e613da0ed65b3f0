import type { Logger } from 'pino';
import { createLineageClient } from '../engine/lineage/index.js';
import { startModelServer } from '../engine/serving/index.js';
import { modelManifestSchema, MillraceError, type MillraceConfig, type ModelVersionRef } from '../schemas/index.js';
import { defaultStore } from './stores.js';

/** How a model server process is run. */
export interface RunModelServerOptions {
  lineageUrl: string;
  dataDir: string;
  stores: MillraceConfig['stores'];
  /** @default '127.0.0.1' */
  host?: string;
  /** Port 0 is any free one. @default 0 */
  port?: number;
  /** Where others reach it. @default where it listens */
  url?: string;
  logger: Logger;
  /** Ends the server: requests under way are answered first. */
  signal: AbortSignal;
  /** Called once the server listens. */
  onReady?: (ready: { url: string }) => void;
}

/** Serves the endpoints on record until the signal. */
export async function runModelServer(options: RunModelServerOptions): Promise<void> {
  const { lineageUrl, dataDir, stores, logger, signal } = options;
  const lineage = createLineageClient({ url: lineageUrl });
  const store = defaultStore(stores, dataDir);
  const server = await startModelServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    url: options.url,
    source: { endpoints: () => lineage.endpoints() },
    report: (status) => lineage.reportModelServer(status),
    loadModel: async (ref: ModelVersionRef) => {
      const manifest = modelManifestSchema.parse(JSON.parse((await store.read(ref.uri)).toString('utf8')));
      const graph = manifest.files.find((file) => file.name === 'model.onnx');
      if (graph === undefined)
        throw new MillraceError('MODEL_UNLOADABLE', `${ref.model} v${ref.version} has no model.onnx`);
      return { modelPath: await store.localPath(graph.uri), signature: manifest.signature };
    },
    logger,
  });
  options.onReady?.({ url: server.url });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
}
