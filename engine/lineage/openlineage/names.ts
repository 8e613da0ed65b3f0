import { OWN_FACETS, ownFacetUrl, type OwnFacet, type OwnFacetContent } from '../../../schemas/index.js';
import { sha256 } from '../../digest.js';

/** Namespace of our jobs and datasets. */
export const NAMESPACE = 'millrace';

/** Own facet of a dataset: the partition that a version is of. */
export const PARTITION_FACET = 'millrace_partition' satisfies OwnFacet;

export const PRODUCER = 'https://www.npmjs.com/package/millrace';
export const EVENT_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';

/** Versions of the facets of the specification that are written. */
const FACETS = {
  NominalTimeRunFacet: '1-0-1',
  ParentRunFacet: '1-2-0',
  ErrorMessageRunFacet: '1-0-1',
  TestRunFacet: '1-0-1',
  JobTypeJobFacet: '2-0-4',
  SQLJobFacet: '1-1-0',
  SourceCodeLocationJobFacet: '1-1-0',
  SchemaDatasetFacet: '1-2-0',
  DatasetVersionDatasetFacet: '1-0-1',
  DatasetTypeDatasetFacet: '1-0-1',
  ColumnLineageDatasetFacet: '1-2-0',
  DataQualityAssertionsDatasetFacet: '1-1-0',
  DataQualityMetricsInputDatasetFacet: '1-0-3',
  InputStatisticsInputDatasetFacet: '1-0-0',
  OutputStatisticsOutputDatasetFacet: '1-0-2',
};

/** A facet of the specification. */
export function facet<T extends object>(name: keyof typeof FACETS, content: T) {
  const _schemaURL = `https://openlineage.io/spec/facets/${FACETS[name]}/${name}.json#/$defs/${name}`;
  return { _producer: PRODUCER, _schemaURL, ...content };
}

/** A facet of our own, by its name in the event: an object with this one member. */
export function ownFacet<F extends OwnFacet>(name: F, content: OwnFacetContent<F>) {
  const _schemaURL = `${ownFacetUrl(name)}#/$defs/${OWN_FACETS[name].name}`;
  return { [name]: { _producer: PRODUCER, _schemaURL, ...content } };
}

/** A UUID (version 8, RFC 9562) that is the same for the same text: who retries sends the same run. */
export function uuidOf(text: string): string {
  const hex = sha256(text).slice(0, 32).split('');
  hex[12] = '8';
  hex[16] = '89ab'[parseInt(hex[16] ?? '0', 16) % 4] ?? '8';
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
