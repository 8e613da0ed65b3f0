import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, definePipeline } from 'millrace';

/** Months of weather, with a step that is slow enough to be met by a kill. */
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'months',
      partitions: { kind: 'monthly', timezone: 'UTC', start: '2012-01', end: '2014-01' },
      steps: {
        raw: {
          type: 'ingest',
          source: { kind: 'csv', path: '../../node_modules/vega-datasets/data/weather.csv' },
          dataset: 'months',
          timeColumn: 'date',
        },
        quality: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 28 }] } },
        slow: { type: 'activity', activity: 'slow', role: 'orchestration', needs: ['quality'] },
      },
    }),
  ],
  activities: { slow: () => delay(500, null) },
  // The round of each full hour would mend what the test is to find.
  auditor: { everyMinutes: null },
});
