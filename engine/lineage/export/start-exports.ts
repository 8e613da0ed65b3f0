import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { MillraceError, parseWith, resendRequestSchema, type ExportTarget } from '../../../schemas/index.js';
import { QUERIES } from '../api-queries.js';
import { cursorOf, parseNumberCursor } from '../page-cursor.js';
import { Exporter, type ExporterOptions } from './exporter.js';

/** Begins to tell receivers of what is recorded, and serves how far each is. */
export function startExports(
  app: FastifyInstance,
  targets: Readonly<Record<string, ExportTarget>>,
  { folder, ...options }: Omit<ExporterOptions, 'name' | 'target' | 'deadLetters'> & { folder: string },
): { end(): Promise<void> } {
  const exporters = new Map(
    Object.entries(targets).map(([name, target]) => [
      name,
      new Exporter({ ...options, name, target, deadLetters: join(folder, `${name}.dead-letters.ndjson`) }),
    ]),
  );
  const named = (name: string) => {
    const found = exporters.get(name);
    if (found === undefined) throw new MillraceError('NOT_FOUND', `lineage.export has no receiver ${name}`);
    return found;
  };
  app.get('/api/v1/exports', async () => ({
    exports: await Promise.all([...exporters.values()].map((exporter) => exporter.status())),
  }));
  app.get<{ Params: { name: string } }>('/api/v1/exports/:name/dead-letters', async ({ params, query }) => {
    const { limit, after } = parseWith(QUERIES.deadLetters, query, 'query');
    const offset = after === undefined ? 0 : parseNumberCursor(after);
    const { total, letters } = await named(params.name).putAside({ limit, offset });
    const end = offset + letters.length;
    return { total, letters, next: end < total ? cursorOf([String(end)]) : null };
  });
  app.post<{ Params: { name: string } }>('/api/v1/exports/:name/resend', ({ params, body }) =>
    named(params.name).resend(parseWith(resendRequestSchema, body ?? {}, 'resend').limit),
  );
  return {
    end: async () => {
      await Promise.all([...exporters.values()].map((exporter) => exporter.end()));
    },
  };
}
