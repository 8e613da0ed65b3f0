import { definePipeline, param } from 'millrace';
import { featureSql, flightColumns, flightSource, flightSuite } from './steps.js';

/** The nightly retraining: will a flight be more than 15 minutes late? */
export const flightDelays = definePipeline({
  name: 'flight-delays',
  description: 'Nightly retraining of the model for late flights',
  partitions: { kind: 'daily', timezone: 'UTC', start: '2001-01-01', end: '2001-06-30' },
  params: {
    source: flightSource,
    seed: { type: 'number', default: 7, description: 'Seed of the training.' },
    estimator: { type: 'string', default: 'gradient_boosting', description: 'Estimator of the trainer.' },
    shuffle_labels: {
      type: 'boolean',
      default: false,
      description: 'Trains on shuffled labels: a model that is bad on purpose.',
    },
  },
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
    train: {
      type: 'train',
      trainer: {
        directory: 'pipelines/flight-delays/trainer',
        command: ['python', 'train.py'],
        requirements: 'requirements.txt',
      },
      // Trained on the days before the night, evaluated on the night’s own: no row is on both sides.
      inputs: {
        training: {
          dataset: 'flight-features',
          window: { last: 28, minimum: 21, missing: 'build', pipeline: 'flight-history' },
        },
      },
      needs: ['quality'],
      model: 'flight-delays',
      seed: param<number>('seed'),
      params: { estimator: param<string>('estimator'), shuffle_labels: param<boolean>('shuffle_labels') },
    },
    evaluate: {
      type: 'evaluate',
      model: 'train',
      on: 'features',
      label: 'late',
      gate: { minimum: 0.6, margin: 0.01 },
    },
    register: { type: 'register', model: 'train', evaluation: 'evaluate' },
    deploy: {
      type: 'deploy',
      endpoint: 'flight-delays',
      model: 'register',
      rollout: {
        steps: [5, 25, 50, 100],
        analysis: { minimumSamples: 100, intervalSeconds: 0.5, maximumSeconds: 120 },
      },
    },
  },
});
