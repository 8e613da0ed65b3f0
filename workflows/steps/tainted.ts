import { patched } from '@temporalio/workflow';
import {
  markedName,
  type DatasetVersionRef,
  type LineageRecord,
  type LineageRecordOf,
  type Marked,
  type ModelRef,
  type RecordResult,
  type StepOutput,
} from '../../schemas/index.js';
import { failure } from '../failures.js';
import type { Run } from '../run.js';

/**
 * Remembers what the record says of what the steps left: content that was recalled may come out the same again, and
 * what was frozen may be recalled while it is read.
 */
export function noteTaints(run: Run, records: readonly LineageRecord[], results: readonly RecordResult[]): void {
  results.forEach(({ taint }, index) => {
    const record = records[index];
    if (taint === undefined || record === undefined) return;
    if (record.kind === 'dataset_version') run.tainted.set(nameOf(record.ref), taint);
    if (record.kind !== 'step_finished') return;
    const { dataset, model } = record.output ?? {};
    if (dataset !== undefined) run.tainted.set(nameOf(dataset), taint);
    if (model !== undefined) run.tainted.set(nameOf(model), taint);
  });
}

/**
 * Marks for what a step made of versions that were recalled while it worked: whoever recalled them found nothing of it
 * yet, and other pipelines may read it. A forced run makes what somebody takes responsibility for.
 */
export function marksOfMade(
  run: Run,
  records: readonly LineageRecord[],
  results: readonly RecordResult[],
): LineageRecord[] {
  if (run.force != null) return [];
  return results.flatMap(({ taint }, index) => {
    const record = records[index];
    if (taint === undefined || record?.kind !== 'step_finished') return [];
    return outputsOf(record).flatMap((on, position): LineageRecord[] => {
      // It is the same content as what was recalled itself.
      if (taint.startsWith(`${markedName(on)} `)) return [];
      const { key, at, runId } = record;
      const reason = `made of what was recalled: ${taint}`.slice(0, 500);
      const about = { key: `${key}/taint/${position}`, at, runId, actor: run.requestedBy, reason };
      return [{ kind: 'mark_set', ...about, mark: 'taint', on, until: null }];
    });
  });
}

function outputsOf({ output }: LineageRecordOf<'step_finished'>): Marked[] {
  const { dataset: ref, model } = output ?? {};
  return [
    ...(ref === undefined
      ? []
      : [{ kind: 'dataset' as const, dataset: ref.dataset, partition: ref.partition, version: ref.version }]),
    ...(model === undefined ? [] : [{ kind: 'model' as const, model: model.model, digest: model.digest }]),
  ];
}

/** What is remembered of what a step left, for people. */
export function taintsOf(run: Run, { dataset, model }: StepOutput): string[] {
  return [dataset ?? [], model ?? []].flat().flatMap((ref) => run.tainted.get(nameOf(ref)) ?? []);
}

/**
 * Refuses what a step of this run left, where it was recalled and nobody takes responsibility for it.
 * @throws DATA_TAINTED or MODEL_TAINTED
 */
export function refuseTainted(run: Run, step: string, reads: readonly (DatasetVersionRef | ModelRef)[]): void {
  if (run.force != null || run.tainted.size === 0) return;
  for (const ref of reads) {
    const why = run.tainted.get(nameOf(ref));
    // An older worker went on with it.
    if (why === undefined || !patched('refuses-tainted-outputs')) continue;
    const [code, made] = 'dataset' in ref ? ['DATA_TAINTED', 'would read'] : ['MODEL_TAINTED', 'has a model of'];
    throw failure(code, `${step} ${made} what was recalled: ${why}`);
  }
}

function nameOf(ref: DatasetVersionRef | ModelRef): string {
  return 'dataset' in ref
    ? `dataset:${ref.dataset}/${ref.partition}@${ref.version}`
    : `model:${ref.model}@${ref.digest}`;
}
