import type { FastifyInstance } from 'fastify';
import { MillraceError, type LineageRecordOf, type QualityReport } from '../../schemas/index.js';
import { renderCheckPage } from '../quality/report/check-page.js';
import type { Reader } from './reader.js';

type ReadObject = (uri: string) => Promise<Uint8Array>;

/** The page on the newest quality report of a dataset version, for browsers. */
export function addReportRoutes(app: FastifyInstance, read: Reader, readObject?: ReadObject): void {
  app.get<{ Params: { dataset: string; version: string } }>(
    '/datasets/:dataset/versions/:version/quality',
    async ({ params }, reply) => {
      const { report, partition, at } = await newestResult(read, params.dataset, params.version);
      const subject = `${params.dataset}/${partition}, version ${params.version}`;
      // An object that is gone leaves what the record says.
      const stored = await storedPage(report, readObject).catch(() => undefined);
      return reply
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .type('text/html; charset=utf-8')
        .send(stored ?? renderCheckPage(report, { subject, checkedAt: new Date(at) }));
    },
  );
}

/** The page as the step stored it, with its drawings. */
async function storedPage({ documents }: QualityReport, readObject?: ReadObject): Promise<string | undefined> {
  if (documents === undefined || readObject === undefined) return undefined;
  return Buffer.from(await readObject(documents.html)).toString('utf8');
}

async function newestResult(
  read: Reader,
  dataset: string,
  version: string,
): Promise<LineageRecordOf<'quality_result'>> {
  const [row] = await read<{ payload: string }>(
    `SELECT payload FROM events SEMI JOIN
      (SELECT max(sequence) AS sequence FROM quality_results WHERE dataset = $1 AND version = $2) USING (sequence)`,
    [dataset, version],
  );
  if (row === undefined) {
    throw new MillraceError('NOT_FOUND', `no quality report on version ${version} of ${dataset} is on record`);
  }
  return JSON.parse(row.payload) as LineageRecordOf<'quality_result'>;
}
