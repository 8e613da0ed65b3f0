import { setTimeout } from 'node:timers/promises';
import { once } from 'node:events';
import { definePipeline, param, type MillraceConfigInput, type ProjectActivity } from '../../schemas/index.js';

/** A small project on other real data: daily weather of Seattle and New York, 2012 to 2015. */
export const weather = definePipeline({
  name: 'weather',
  description: 'A month of weather, checked and summed up',
  partitions: { kind: 'monthly', timezone: 'UTC', start: '2012-01', end: '2015-12' },
  params: {
    path: { type: 'string', default: 'node_modules/vega-datasets/data/weather.csv' },
    hottest: { type: 'number', default: 45, description: 'Highest temperature that passes, in degrees Celsius.' },
    failures: { type: 'number', default: 0, description: 'How often the activity of the project fails first.' },
    waits: { type: 'boolean', default: false, description: 'Whether the activity waits until it is cancelled.' },
  },
  steps: {
    raw: { type: 'ingest', source: { kind: 'csv', path: '{{ params.path }}' }, dataset: 'weather', timeColumn: 'date' },
    quality: {
      type: 'check',
      input: 'raw',
      suite: {
        keyColumns: ['location', 'date'],
        checks: [
          { type: 'row_count', min: 50 },
          { type: 'between', column: 'temp_max', min: -40, max: param<number>('hottest') },
          { type: 'in_set', column: 'location', set: ['Seattle', 'New York'] },
        ],
      },
    },
    months: {
      type: 'transform',
      inputs: { weather: 'raw' },
      sql: 'SELECT location, avg(temp_max) AS warmth, count(*) AS days FROM weather GROUP BY location ORDER BY location',
      dataset: 'weather-months',
    },
    note: {
      type: 'activity',
      activity: 'note',
      input: { failures: param<number>('failures'), waits: param<boolean>('waits') },
    },
  },
});

/** An activity that fails a number of times, then says what it was given; or that waits for its cancellation. */
export function noteActivity(): ProjectActivity {
  const failed = new Map<string, number>();
  return async ({ input, partition, runId, signal, progress }) => {
    progress('noting');
    if (input.waits === true) await once(signal, 'abort');
    const before = failed.get(runId) ?? 0;
    if (before < Number(input.failures)) {
      failed.set(runId, before + 1);
      throw new Error(`failure ${before + 1}`);
    }
    return { partition, failuresBefore: before };
  };
}

/** A pipeline of one activity that is slow, or returns what cannot be carried. */
export const notes = definePipeline({
  name: 'notes',
  params: {
    slow: { type: 'number', default: 0, description: 'Milliseconds that the activity takes.' },
    limit: { type: 'number', default: 60, description: 'Seconds that it may take.' },
    result: { type: 'string', default: 'fine', description: 'fine, cyclic or large.' },
  },
  steps: {
    work: {
      type: 'activity',
      activity: 'work',
      input: { slow: param<number>('slow'), result: '{{ params.result }}' },
      timeoutSeconds: param<number>('limit'),
    },
  },
});

const work: ProjectActivity = async ({ input, signal }) => {
  await setTimeout(Number(input.slow), undefined, { signal });
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const results: Record<string, unknown> = { fine: 'fine', cyclic, large: 'x'.repeat(400_000) };
  return results[String(input.result)];
};

export function weatherProject(): MillraceConfigInput {
  return { pipelines: [weather, notes], activities: { note: noteActivity(), work } };
}
