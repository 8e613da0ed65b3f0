import type {
  DatasetVersionRef,
  LineageRecord,
  LineageRecordOf,
  ModelRef,
  ModelVersionRef,
  QualityReport,
  RolloutResult,
} from '../../../schemas/index.js';
import { sha256 } from '../../../engine/digest.js';

/** Records as the workflows write them, for a small but complete story. */

export const AT = '2001-03-02T01:00:00.000Z';
export const MODEL = 'flight-delays';

export function partitionOf(day: number): string {
  return `2001-02-${String(day).padStart(2, '0')}`;
}

export function datasetRef(partition: string, content = partition, dataset = 'flights'): DatasetVersionRef {
  const version = sha256(`${dataset}/${content}`).slice(0, 32);
  const schemaFingerprint = sha256('columns');
  return {
    dataset,
    partition,
    version,
    uri: `store://main/${version}`,
    rows: 16_500,
    bytes: 90_000,
    schemaFingerprint,
  };
}

export function modelVersion(version: number): ModelVersionRef {
  const digest = sha256(`model ${version}`);
  return { model: MODEL, version, digest, uri: `store://main/${digest}`, bytes: 230_000 };
}

export function modelRef(version: number): ModelRef {
  const { model, digest, uri, bytes } = modelVersion(version);
  return { model, digest, uri, bytes };
}

export function runStarted(runId: string, partition: string): LineageRecordOf<'run_started'> {
  return {
    kind: 'run_started',
    key: `${runId}/start`,
    at: AT,
    runId,
    workflowId: `run/flight-delays/${partition}`,
    pipeline: 'flight-delays',
    partition,
    logicalTime: AT,
    specificationDigest: sha256('specification'),
    specification: {
      steps: { raw: { type: 'ingest', source: { kind: 'parquet', path: 'data/flights.parquet' }, dataset: 'flights' } },
    },
    requestedBy: 'schedule',
    force: null,
  };
}

export function runFinished(runId: string, at = AT): LineageRecord {
  const outcome = { verdict: 'succeeded', reason: 'PROMOTED', message: 'version 1 has the traffic' } as const;
  return { kind: 'run_finished', key: `${runId}/end`, at, runId, ...outcome };
}

export function stepFinished(runId: string, step: string, type: string, inputs: DatasetVersionRef[]): LineageRecord {
  return {
    kind: 'step_finished',
    key: `${runId}/${step}/end`,
    at: AT,
    runId,
    step,
    type,
    status: 'succeeded',
    startedAt: AT,
    summary: `${type} done`,
    code: null,
    inputs,
    inputModels: [],
  };
}

export function datasetVersion(runId: string, ref: DatasetVersionRef): LineageRecord {
  const columns = [{ name: 'delay', type: 'BIGINT', nullable: false }];
  const key = `${runId}/raw/${ref.version}`;
  return { kind: 'dataset_version', key, at: AT, runId, step: 'raw', ref, columns };
}

export function published(runId: string, { dataset, partition, version }: DatasetVersionRef): LineageRecord {
  const key = `${runId}/raw/publish/${version}`;
  return { kind: 'dataset_published', key, at: AT, runId, step: 'raw', dataset, partition, version };
}

export function quality(runId: string, ref: DatasetVersionRef, verdict: QualityReport['verdict']): LineageRecord {
  const { dataset, partition, version } = ref;
  const check: QualityReport['checks'][number] = {
    name: 'delay-not-null',
    type: 'not_null',
    column: 'delay',
    severity: 'error',
    status: verdict,
    observed: 3,
    failing: 3,
    total: ref.rows,
    threshold: 'no nulls',
    examples: [{ row: 7, delay: null }],
  };
  const key = `${runId}/quality/${version}/${verdict}`;
  const report = { verdict, rows: ref.rows, durationMs: 12.5, checks: [check] };
  return { kind: 'quality_result', key, at: AT, runId, step: 'quality', dataset, partition, version, report };
}

export function trained(runId: string, version: number, trainedOn: DatasetVersionRef[]): LineageRecord {
  const ref = modelRef(version);
  return {
    kind: 'model_trained',
    key: `${runId}/train/${ref.digest}`,
    at: AT,
    runId,
    step: 'train',
    ref,
    manifest: {
      format: 'millrace.model/1',
      model: MODEL,
      signature: { inputs: [{ name: 'distance', datatype: 'FP32' }], score: { output: 'probabilities', column: 1 } },
      files: [{ name: 'model.onnx', digest: ref.digest, uri: ref.uri, bytes: ref.bytes }],
    },
    trainedOn,
    params: { depth: 6 },
    seed: 17,
    metrics: { roc_auc: 0.67 },
  };
}

export function evaluated(runId: string, version: number, evaluatedOn: DatasetVersionRef[]): LineageRecord {
  return {
    kind: 'model_evaluated',
    key: `${runId}/evaluate/${version}`,
    at: AT,
    runId,
    step: 'evaluate',
    ref: modelRef(version),
    evaluatedOn,
    report: {
      verdict: 'pass',
      reason: 'NO_CHAMPION',
      message: 'no champion to compare with',
      metric: 'roc_auc',
      rows: 16_500,
      positives: 3000,
      challenger: { estimate: 0.67, lower: 0.66, upper: 0.68 },
      champion: null,
      difference: null,
      margin: 0.01,
      confidence: 0.95,
      championModel: null,
    },
    forced: false,
  };
}

export function registered(runId: string, version: number): LineageRecord {
  const ref = modelRef(version);
  return { kind: 'model_registered', key: `${runId}/register/${ref.digest}`, at: AT, runId, step: 'register', ref };
}

export function aliasMoved(runId: string, alias: string, version: number | null): LineageRecord {
  const why = { actor: 'ada', reason: 'won the comparison' };
  const key = `${runId}/alias/${alias}/${version}`;
  return { kind: 'alias_moved', key, at: AT, runId, model: MODEL, alias, version, ...why };
}

export function endpointChanged(
  key: string,
  expectedGeneration: number,
  stable: ModelVersionRef | null,
  canary: ModelVersionRef | null = null,
): LineageRecord {
  return {
    kind: 'endpoint_changed',
    key,
    at: AT,
    runId: 'run-1',
    endpoint: 'flight-delays',
    expectedGeneration,
    stable,
    canary,
    canaryWeight: canary === null ? 0 : 5,
    actor: 'rollout',
    reason: 'first release',
  };
}

export function rolloutFinished(runId: string): LineageRecord {
  const result: RolloutResult = {
    endpoint: 'flight-delays',
    outcome: 'first_release',
    reason: 'nothing served before',
    stable: modelVersion(1),
    candidate: modelVersion(1),
    analyses: [],
    durationMs: 10,
  };
  return { kind: 'rollout_finished', key: `${runId}/rollout`, at: AT, runId, result };
}

/** 28 nights that ingest a day each, a training on all of them, and the release of its model. */
export function february(): LineageRecord[] {
  const days = Array.from({ length: 28 }, (_, index) => datasetRef(partitionOf(index + 1)));
  const nights = days.flatMap((ref) => {
    const runId = `night-${ref.partition}`;
    return [
      runStarted(runId, ref.partition),
      datasetVersion(runId, ref),
      stepFinished(runId, 'raw', 'ingest', []),
      quality(runId, ref, 'pass'),
      published(runId, ref),
      runFinished(runId),
    ];
  });
  return [
    ...nights,
    runStarted('run-1', '2001-03'),
    trained('run-1', 1, days),
    stepFinished('run-1', 'train', 'train', days),
    evaluated('run-1', 1, days.slice(-1)),
    registered('run-1', 1),
    aliasMoved('run-1', 'champion', 1),
    endpointChanged('run-1/endpoint', 0, modelVersion(1)),
    rolloutFinished('run-1'),
    runFinished('run-1'),
  ];
}

/** A pin, which is taken back, and a version that retention lets go. */
export function marksAndRemovals(): LineageRecord[] {
  const ref = datasetRef(partitionOf(1));
  const on = { kind: 'dataset', dataset: ref.dataset, partition: ref.partition, version: ref.version } as const;
  const why = { actor: 'ada', reason: 'not needed any more' };
  return [
    { kind: 'mark_set', key: 'pin', at: AT, mark: 'pin', on, ...why, until: null },
    { kind: 'mark_lifted', key: 'unpin', at: AT, mark: 'pin', on, ...why },
    { kind: 'version_removed', key: 'remove', at: AT, ref, ...why },
  ];
}
