import type {
  DatasetVersionRef,
  LineageRecord,
  LineageRecordOf,
  ModelRef,
  OpenLineageDataset,
  OpenLineageRunEvent,
} from '../../../schemas/index.js';
import { EVENT_SCHEMA, facet, NAMESPACE, ownFacet, PARTITION_FACET, PRODUCER, uuidOf } from './names.js';

type EventType = NonNullable<OpenLineageRunEvent['eventType']>;
type StepRecord = Extract<LineageRecord, { runId: string; step: string }>;

/**
 * The records of one run as OpenLineage events: one run with its pipeline as the job, and one below it for each step that
 * began. Pure, and all ids follow from the records, so the same records are the same events, whoever sends them again.
 * @param records of one run, in the order in which they were recorded
 */
export function runEvents(records: readonly LineageRecord[]): OpenLineageRunEvent[] {
  const start = records.find((record) => record.kind === 'run_started');
  if (start === undefined) return [];
  return records.flatMap((record): OpenLineageRunEvent[] => {
    switch (record.kind) {
      case 'run_started':
        return [runEvent(start, 'START', record.at)];
      case 'rollout_finished':
        return [runEvent(start, 'RUNNING', record.at, { millrace_rollout: ownFacet('rollout', record.result) })];
      case 'run_finished': {
        const { verdict, reason, message, at } = record;
        const outcome = { millrace_outcome: ownFacet('outcome', { verdict, reason, message }) };
        if (verdict !== 'failed') return [runEvent(start, 'COMPLETE', at, outcome)];
        return [runEvent(start, failure(reason), at, { ...outcome, ...errorFacet(`${reason}: ${message}`) })];
      }
      case 'step_finished':
        return stepEvents(start, record, records);
      default:
        return [];
    }
  });
}

function runEvent(
  start: LineageRecordOf<'run_started'>,
  eventType: EventType,
  eventTime: string,
  facets: object = {},
): OpenLineageRunEvent {
  const nominalTime = facet('NominalTimeRunFacet', { nominalStartTime: start.logicalTime });
  return {
    eventType,
    eventTime,
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
    run: { runId: uuidOf(start.runId), facets: { nominalTime, ...facets } },
    job: { namespace: NAMESPACE, name: start.pipeline, facets: { jobType: jobType('PIPELINE') } },
  };
}

function stepEvents(
  start: LineageRecordOf<'run_started'>,
  end: LineageRecordOf<'step_finished'>,
  records: readonly LineageRecord[],
): OpenLineageRunEvent[] {
  if (end.startedAt === null) return []; // skipped: nothing ran
  const { step } = end;
  const own = records.filter((record): record is StepRecord => 'step' in record && record.step === step);
  const parent = {
    run: { runId: uuidOf(start.runId) },
    job: { namespace: NAMESPACE, name: start.pipeline },
  };
  const common = {
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
    job: {
      namespace: NAMESPACE,
      name: `${start.pipeline}.${step}`,
      facets: { jobType: jobType('STEP'), ...sqlFacet(start, step) },
    },
    inputs: [...end.inputs.map((ref) => inputDataset(ref, own)), ...end.inputModels.map(modelDataset)],
  };
  const run = (facets: object) => ({
    runId: uuidOf(`${start.runId}/${step}`),
    facets: { parent: facet('ParentRunFacet', { ...parent, root: parent }), ...facets },
  });
  const failed = end.status === 'failed';
  const error = failed ? errorFacet(`${end.code ?? 'INTERNAL'}: ${end.summary}`) : {};
  return [
    { ...common, eventType: 'START', eventTime: end.startedAt, run: run({}), outputs: [] },
    {
      ...common,
      eventType: failed ? failure(end.code) : 'COMPLETE',
      eventTime: end.at,
      run: run({ ...error, ...resultFacets(own) }),
      outputs: own.flatMap(outputsOf),
    },
  ];
}

/** What a step measured: tests, a training, an evaluation. */
function resultFacets(records: readonly StepRecord[]): object {
  const facets: Record<string, object> = {};
  for (const record of records) {
    if (record.kind === 'quality_result') {
      const tests = record.report.checks.map(({ name, status, severity, type, observed, threshold }) => ({
        name,
        status: status === 'pass' ? 'pass' : status === 'error' ? 'skip' : 'fail',
        severity: severity === 'error' ? 'error' : 'warn',
        type,
        expected: threshold,
        actual: JSON.stringify(observed),
      }));
      facets.test = facet('TestRunFacet', { tests });
    } else if (record.kind === 'model_trained') {
      const { params, seed, metrics } = record;
      facets.millrace_training = ownFacet('training', { params, seed, metrics });
    } else if (record.kind === 'model_evaluated') {
      const { report, forced } = record;
      facets.millrace_evaluation = ownFacet('evaluation', { ...report, forced });
    }
  }
  return facets;
}

function inputDataset(ref: DatasetVersionRef, records: readonly StepRecord[]): OpenLineageDataset {
  const quality = records.find(
    (record): record is LineageRecordOf<'quality_result'> =>
      record.kind === 'quality_result' && record.version === ref.version,
  );
  const assertions = quality?.report.checks.map(({ name, type, status, column, severity }) => ({
    assertion: type,
    name,
    success: status === 'pass',
    severity: severity === 'error' ? 'error' : 'warn',
    ...(column === null ? {} : { column }),
  }));
  return {
    ...dataset(ref),
    inputFacets: {
      inputStatistics: facet('InputStatisticsInputDatasetFacet', { rowCount: ref.rows, size: ref.bytes }),
      ...(assertions && { dataQualityAssertions: facet('DataQualityAssertionsDatasetFacet', { assertions }) }),
    },
  };
}

function outputsOf(record: StepRecord): OpenLineageDataset[] {
  if (record.kind === 'model_trained') return [modelDataset(record.ref)];
  if (record.kind !== 'dataset_version') return [];
  const { ref, columns } = record;
  const statistics = { rowCount: ref.rows, size: ref.bytes };
  return [
    {
      ...dataset(ref, {
        schema: facet('SchemaDatasetFacet', { fields: columns.map(({ name, type }) => ({ name, type })) }),
      }),
      outputFacets: { outputStatistics: facet('OutputStatisticsOutputDatasetFacet', statistics) },
    },
  ];
}

function dataset(ref: DatasetVersionRef, facets: object = {}): OpenLineageDataset {
  return {
    namespace: NAMESPACE,
    name: ref.dataset,
    facets: {
      version: facet('DatasetVersionDatasetFacet', { datasetVersion: ref.version }),
      datasetType: facet('DatasetTypeDatasetFacet', { datasetType: 'TABLE' }),
      [PARTITION_FACET]: ownFacet('partition', { key: ref.partition }),
      ...facets,
    },
  };
}

function modelDataset(ref: ModelRef): OpenLineageDataset {
  return {
    namespace: NAMESPACE,
    name: `models/${ref.model}`,
    facets: {
      version: facet('DatasetVersionDatasetFacet', { datasetVersion: ref.digest }),
      datasetType: facet('DatasetTypeDatasetFacet', { datasetType: 'MODEL' }),
    },
  };
}

function sqlFacet({ specification }: LineageRecordOf<'run_started'>, step: string): object {
  const steps = (specification as { steps?: Record<string, { sql?: unknown }> } | null)?.steps;
  const sql = steps?.[step]?.sql;
  return typeof sql === 'string' ? { sql: facet('SQLJobFacet', { query: sql }) } : {};
}

function jobType(type: 'PIPELINE' | 'STEP') {
  return facet('JobTypeJobFacet', { processingType: 'BATCH', integration: 'MILLRACE', jobType: type });
}

function errorFacet(message: string) {
  return { errorMessage: facet('ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' }) };
}

/** Cancelled is not failed. */
function failure(code: string | null): EventType {
  return code === 'CANCELLED' ? 'ABORT' : 'FAIL';
}
