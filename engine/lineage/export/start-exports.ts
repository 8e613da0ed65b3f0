import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ExportTarget } from '../../../schemas/index.js';
import { Exporter, type ExporterOptions } from './exporter.js';

/** Begins to tell receivers of what is recorded, and serves how far each is. */
export function startExports(
  app: FastifyInstance,
  targets: Readonly<Record<string, ExportTarget>>,
  { folder, ...options }: Omit<ExporterOptions, 'name' | 'target' | 'deadLetters'> & { folder: string },
): { end(): Promise<void> } {
  const exporters = Object.entries(targets).map(
    ([name, target]) =>
      new Exporter({ ...options, name, target, deadLetters: join(folder, `${name}.dead-letters.ndjson`) }),
  );
  app.get('/api/v1/exports', async () => ({ exports: exporters.map((exporter) => exporter.status()) }));
  return {
    end: async () => {
      await Promise.all(exporters.map((exporter) => exporter.end()));
    },
  };
}
