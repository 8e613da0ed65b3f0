import type { LineageRecord, LineageRecordOf, OpenLineageRunEvent } from '../../../schemas/index.js';
import { inputDataset, modelDataset, outputsOf, type StepRecord } from './dataset-facets.js';
import { codeFacet, errorFacet, failure, jobType, sqlFacet } from './job-facets.js';
import { EVENT_SCHEMA, facet, NAMESPACE, ownFacet, PRODUCER, uuidOf } from './names.js';
import { testOf } from './quality-facets.js';

/**
 * START and the end of a step, from the record of its end.
 * @param before records of the run that were there before
 */
export function stepEvents(
  start: LineageRecordOf<'run_started'>,
  end: LineageRecordOf<'step_finished'>,
  before: readonly LineageRecord[],
): OpenLineageRunEvent[] {
  if (end.startedAt === null) return []; // skipped: nothing ran
  const { step } = end;
  const ofStep = before.filter((record): record is StepRecord => 'step' in record && record.step === step);
  // A step that was begun again on purpose is a run of its own, and what it did the time before is that of the other.
  const repeat = ofStep.filter(({ kind }) => kind === 'step_finished').length;
  const own = ofStep.slice(ofStep.findLastIndex(({ kind }) => kind === 'step_finished') + 1);
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
      facets: { jobType: jobType('STEP'), ...codeFacet(start), ...sqlFacet(start, step) },
    },
    inputs: [
      ...own.flatMap((record) => (record.kind === 'dataset_version' ? (record.sources ?? []) : [])),
      ...end.inputs.map((ref) => inputDataset(start, ref, own)),
      ...end.inputModels.map(modelDataset),
    ],
  };
  const run = (facets: object) => ({
    runId: uuidOf(`${start.runId}/${step}${repeat === 0 ? '' : `#${repeat}`}`),
    facets: {
      parent: facet('ParentRunFacet', { ...parent, root: parent }),
      nominalTime: facet('NominalTimeRunFacet', { nominalStartTime: start.logicalTime }),
      ...facets,
    },
  });
  const failed = end.status === 'failed';
  const error = failed ? errorFacet(`${end.code ?? 'INTERNAL'}: ${end.summary}`) : {};
  return [
    { ...common, eventType: 'START', eventTime: end.startedAt, run: run({}), outputs: [] },
    {
      ...common,
      eventType: failed ? failure(end.code) : 'COMPLETE',
      eventTime: end.at,
      run: run({ ...error, ...own.reduce((facets, record) => ({ ...facets, ...resultFacet(record) }), {}) }),
      outputs: own.flatMap(outputsOf),
    },
  ];
}

/** What a step measured: tests, a training, an evaluation. */
function resultFacet(record: StepRecord): object {
  switch (record.kind) {
    case 'quality_result':
      return { test: facet('TestRunFacet', { tests: record.report.checks.map(testOf) }) };
    case 'model_trained': {
      const { params, seed, metrics } = record;
      return ownFacet('millrace_training', { params, seed, metrics });
    }
    case 'model_evaluated':
      return ownFacet('millrace_evaluation', { ...record.report, forced: record.forced });
    default:
      return {};
  }
}
