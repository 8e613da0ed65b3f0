import { defineConfig, definePipeline } from 'millrace';

const { MILLRACE_TEST_S3: endpoint = '' } = process.env;

/** Pipelines that objects in a bucket start, one with markers beside them; the bucket is of no other use. */
export default defineConfig({
  stores: {
    default: { kind: 'local', path: 'store' },
    drops: { kind: 's3', bucket: 'drops', endpoint, accessKeyId: 'secret:id', secretAccessKey: 'secret:key' },
  },
  pipelines: [
    definePipeline({
      name: 'dropped',
      partitions: { kind: 'daily', timezone: 'UTC', start: '2001-03-01', end: '2001-03-31' },
      triggers: [
        { on: 'file', name: 'marked', path: 's3://drops/in/{partition}/*.csv', store: 'drops', marker: '{name}.done' },
        { on: 'file', name: 'quiet', path: 's3://drops/quiet-{partition}.csv', store: 'drops', settleSeconds: 1 },
        { on: 'file', name: 'folder', path: 'folder/{partition}.csv', settleSeconds: 0 },
      ],
      steps: { work: { type: 'activity', activity: 'work', role: 'orchestration' } },
    }),
  ],
  activities: { work: async () => null },
});
