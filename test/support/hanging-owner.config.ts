import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, definePipeline, MillraceError } from 'millrace';

/** Steps that fail side by side: each failure is committed at once, by itself. */
const step = { type: 'activity', activity: 'work', role: 'orchestration' } as const;

export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'side-by-side',
      steps: Object.fromEntries(Array.from({ length: 6 }, (_, nth) => [`step-${nth}`, step])),
    }),
  ],
  activities: {
    work: async () => {
      await delay(3000);
      throw new MillraceError('INPUT_INVALID', 'nothing can be made of it');
    },
  },
});
