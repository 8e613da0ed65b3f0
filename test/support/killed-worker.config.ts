import { defineConfig, definePipeline } from 'millrace';
import { featureSql, flightColumns } from '../../pipelines/flight-delays/steps.js';

const source = { kind: 'parquet', path: '../../node_modules/vega-datasets/data/flights-3m.parquet' } as const;

/** The same in two pipelines: who comes second waits for the first. */
const shared = (name: string) =>
  definePipeline({
    name,
    steps: {
      work: {
        type: 'command',
        command: ['node', '-e', 'setTimeout(() => console.log(process.pid), 4000)'],
        cache: { ignore: ['pipeline'] },
      },
    },
  });

/** Steps that are long enough to be killed in the middle. */
export default defineConfig({
  pipelines: [
    shared('first'),
    shared('second'),
    definePipeline({
      name: 'all-flights',
      steps: { flights: { type: 'ingest', source, dataset: 'all-flights' } },
    }),
    definePipeline({
      name: 'slow-training',
      partitions: { kind: 'daily', timezone: 'UTC' },
      steps: {
        flights: { type: 'ingest', source, dataset: 'flights', timeColumn: 'date', columns: flightColumns },
        features: { type: 'transform', inputs: { flights: 'flights' }, sql: featureSql, dataset: 'flight-features' },
        train: {
          type: 'train',
          trainer: {
            directory: '../../pipelines/flight-delays/trainer',
            command: ['python', 'train.py'],
            requirements: 'requirements.txt',
          },
          inputs: { training: 'features' },
          model: 'slow-training',
        },
        register: { type: 'register', model: 'train' },
      },
    }),
  ],
});
