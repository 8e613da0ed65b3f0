import type {
  ColumnLineage,
  DatasetVersionRef,
  LineageRecord,
  LineageRecordOf,
  ModelRef,
  OpenLineageDataset,
} from '../../../schemas/index.js';
import { facet, NAMESPACE, ownFacet } from './names.js';
import { assertionOf, metricsOf } from './quality-facets.js';

/** Record of something that a step did. */
export type StepRecord = Extract<LineageRecord, { runId: string; step: string }>;

/** A version that a step read, with what the step’s checks say of it. */
export function inputDataset(
  start: LineageRecordOf<'run_started'>,
  ref: DatasetVersionRef,
  records: readonly StepRecord[],
): OpenLineageDataset {
  const quality = records.find(
    (record): record is LineageRecordOf<'quality_result'> =>
      record.kind === 'quality_result' && record.version === ref.version,
  );
  return {
    ...dataset(ref),
    inputFacets: {
      inputStatistics: facet('InputStatisticsInputDatasetFacet', { rowCount: ref.rows, size: ref.bytes }),
      ...(quality && {
        dataQualityMetrics: facet(
          'DataQualityMetricsInputDatasetFacet',
          metricsOf(start, quality.step, quality.report),
        ),
        dataQualityAssertions: facet('DataQualityAssertionsDatasetFacet', {
          assertions: quality.report.checks.map(assertionOf),
        }),
      }),
    },
  };
}

/** What a record says was written. */
export function outputsOf(record: StepRecord): OpenLineageDataset[] {
  if (record.kind === 'model_trained') return [modelDataset(record.ref)];
  if (record.kind !== 'dataset_version') return [];
  const { ref, columns, columnLineage } = record;
  const statistics = { rowCount: ref.rows, size: ref.bytes };
  return [
    {
      ...dataset(ref, {
        schema: facet('SchemaDatasetFacet', { fields: columns.map(({ name, type }) => ({ name, type })) }),
        ...columnLineageFacet(columnLineage),
      }),
      outputFacets: { outputStatistics: facet('OutputStatisticsOutputDatasetFacet', statistics) },
    },
  ];
}

/** A model, as a dataset of the type MODEL. */
export function modelDataset(ref: ModelRef): OpenLineageDataset {
  return {
    namespace: NAMESPACE,
    name: `models/${ref.model}`,
    facets: {
      version: facet('DatasetVersionDatasetFacet', { datasetVersion: ref.digest }),
      datasetType: facet('DatasetTypeDatasetFacet', { datasetType: 'MODEL' }),
    },
  };
}

function dataset(ref: DatasetVersionRef, facets: object = {}): OpenLineageDataset {
  return {
    namespace: NAMESPACE,
    name: ref.dataset,
    facets: {
      version: facet('DatasetVersionDatasetFacet', { datasetVersion: ref.version }),
      datasetType: facet('DatasetTypeDatasetFacet', { datasetType: 'TABLE' }),
      ...ownFacet('millrace_partition', { key: ref.partition }),
      ...facets,
    },
  };
}

/** Left out where nothing could be told: an empty facet would say that every column is made of nothing. */
function columnLineageFacet(lineage: ColumnLineage | undefined): object {
  const fields = Object.entries(lineage?.columns ?? {}).filter(([, sources]) => sources.length > 0);
  if (lineage === undefined || (fields.length === 0 && lineage.rows.length === 0)) return {};
  const inputField = (source: { dataset: string; column: string; how: string }, type: 'DIRECT' | 'INDIRECT') => ({
    namespace: NAMESPACE,
    name: source.dataset,
    field: source.column,
    transformations: [{ type, subtype: source.how.toUpperCase() }],
  });
  return {
    columnLineage: facet('ColumnLineageDatasetFacet', {
      fields: Object.fromEntries(
        fields.map(([column, sources]) => [
          column,
          { inputFields: sources.map((source) => inputField(source, 'DIRECT')) },
        ]),
      ),
      dataset: lineage.rows.map((source) => inputField(source, 'INDIRECT')),
    }),
  };
}
