import { defineConfig, definePipeline } from 'millrace';

const penguins = definePipeline({
  name: 'penguins',
  description: 'Penguins, checked and counted',
  steps: {
    raw: { type: 'ingest', source: { kind: 'json', path: 'penguins.json' }, dataset: 'penguins' },
    quality: {
      type: 'check',
      input: 'raw',
      suite: {
        checks: [
          { type: 'row_count', min: 300 },
          { type: 'in_set', column: 'Species', set: ['Adelie', 'Chinstrap', 'Gentoo'] },
        ],
      },
    },
    counts: {
      type: 'transform',
      inputs: { penguins: 'raw' },
      sql: 'SELECT "Species" AS species, count(*) AS penguins FROM penguins GROUP BY 1 ORDER BY 1',
      dataset: 'penguin-counts',
    },
    note: { type: 'activity', activity: 'note', input: { text: 'counted' } },
  },
});

export default defineConfig({
  pipelines: [penguins],
  activities: { note: async ({ input, runId }) => ({ text: input.text, runId }) },
});
