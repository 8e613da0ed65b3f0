import { definePipeline } from 'millrace';
import { featureSql, flightColumns, flightSource, flightSuite } from './steps.js';

/** One day of flights, checked and turned into features: what the nightly pipeline trains on. */
export const flightHistory = definePipeline({
  name: 'flight-history',
  description: 'A day of flights, checked, with features',
  partitions: { kind: 'daily', timezone: 'UTC', start: '2001-01-01', end: '2001-06-30' },
  params: { source: flightSource },
  steps: {
    flights: {
      type: 'ingest',
      source: { kind: 'parquet', path: '{{ params.source }}' },
      dataset: 'flights',
      timeColumn: 'date',
      columns: flightColumns,
    },
    quality: { type: 'check', input: 'flights', suite: flightSuite },
    features: { type: 'transform', inputs: { flights: 'flights' }, sql: featureSql, dataset: 'flight-features' },
  },
});
