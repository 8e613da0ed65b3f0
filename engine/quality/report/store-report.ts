import type { Suite } from '../../../schemas/check.js';
import type { QualityReport, ReportDocuments } from '../../../schemas/quality-report.js';
import type { ObjectStore } from '../../datasets/index.js';
import { renderCheckPage } from './check-page.js';
import { gatherEvidence } from './evidence.js';

/** What a stored report is about. */
export interface StoreReportOptions {
  /** The files that were checked. */
  files: readonly string[];
  suite: Suite;
  /** The dataset version, in words. */
  subject: string;
  signal?: AbortSignal | undefined;
}

/**
 * Puts a report into the object store, as JSON and as a page that draws the columns it is about. The page holds no time, so the same
 * report is the same object.
 */
export async function storeReport(
  store: ObjectStore,
  report: QualityReport,
  { files, suite, subject, signal }: StoreReportOptions,
): Promise<ReportDocuments> {
  const evidence = await gatherEvidence(files, suite, report, { signal });
  const page = renderCheckPage(report, { subject, ...evidence });
  const [html, json] = [await store.putBytes(Buffer.from(page)), await store.putJson(report)];
  return { html: html.uri, json: json.uri };
}
