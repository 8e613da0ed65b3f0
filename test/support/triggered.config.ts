import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, definePipeline } from 'millrace';

/** A pipeline that events start, again and again, with runs that are under way when the next event comes. */
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'triggered',
      partitions: { kind: 'static', keys: ['a', 'b', 'c', 'd', 'e'] },
      triggers: [{ on: 'service', name: 'told', debounceSeconds: 0.2 }],
      steps: { work: { type: 'activity', activity: 'work', role: 'orchestration' } },
    }),
  ],
  activities: { work: () => delay(300, null) },
});
