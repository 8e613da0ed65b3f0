import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, definePipeline } from 'millrace';

const keys = Array.from({ length: 12 }, (_, index) => `p${index}`);
const { MILLRACE_TEST_LOG: log = '' } = process.env;

const using = (name: string) =>
  definePipeline({
    name,
    partitions: { kind: 'static', keys },
    steps: { load: { type: 'activity', activity: 'load', role: 'data', pool: 'warehouse' } },
  });

/** Two pipelines that share two places, with work that says in a file when it begins and ends. */
export default defineConfig({
  pools: { warehouse: 2 },
  pipelines: [using('bulk'), using('nightly')],
  activities: {
    load: async ({ pipeline, partition, signal }) => {
      const say = (what: string) => appendFile(log, `${what} ${pipeline} ${partition} ${process.pid} ${Date.now()}\n`);
      await say('begin');
      await delay(1_500, undefined, { signal });
      await say('end');
      return null;
    },
  },
});
