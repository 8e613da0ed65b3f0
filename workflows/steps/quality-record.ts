import type { DatasetVersionRef, LineageRecord, QualityReport } from '../../schemas/index.js';
import type { Run } from '../run.js';
import { recordBase } from './recorded-step.js';

/** The record of a report on a version. Its link is left out: the lineage owner, which keeps the record, may move. */
export function qualityRecord(
  run: Run,
  step: string,
  fact: string,
  { dataset, partition, version }: DatasetVersionRef,
  report: QualityReport,
): LineageRecord {
  const documents = report.documents && { ...report.documents };
  delete documents?.link;
  const kept = documents === undefined ? report : { ...report, documents };
  return { ...recordBase(run, step, fact), kind: 'quality_result', dataset, partition, version, report: kept };
}
