import type { Suite } from '../../../schemas/check.js';
import type { QualityReport, ReportDocuments } from '../../../schemas/quality-report.js';
import type { ObjectStore } from '../../datasets/index.js';
import type { References } from '../references.js';
import { storeStates, type DatasetStates } from '../stored-states.js';
import { renderCheckPage } from './check-page.js';
import { gatherEvidence } from './evidence.js';

/** What a stored report is about. */
export interface StoreReportOptions {
  suite: Suite;
  /** What was seen of the dataset. */
  seen: DatasetStates;
  references?: References | undefined;
  /** The dataset version, in words. */
  subject: string;
  signal?: AbortSignal | undefined;
}

/**
 * Puts a report into the object store: as JSON, as a page that draws the columns it is about, and the states that it was made from.
 * The page holds no time, so the same report is the same object.
 */
export async function storeReport(
  store: ObjectStore,
  report: QualityReport,
  { suite, seen, references, subject, signal }: StoreReportOptions,
): Promise<ReportDocuments> {
  const evidence = await gatherEvidence(seen.profile && { profile: seen.profile }, suite, report, {
    references,
    signal,
  });
  const page = renderCheckPage(report, { subject, ...evidence });
  const [html, json] = [await store.putBytes(Buffer.from(page)), await store.putJson(report)];
  return { html: html.uri, json: json.uri, states: await storeStates(store, seen) };
}
