import { defineConfig, definePipeline } from 'millrace';

/** An hour a partition, and a step that does nothing. */
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'hours',
      partitions: { kind: 'hourly', timezone: 'UTC' },
      steps: { nothing: { type: 'activity', activity: 'nothing', role: 'orchestration' } },
    }),
  ],
  activities: { nothing: () => Promise.resolve(null) },
});
