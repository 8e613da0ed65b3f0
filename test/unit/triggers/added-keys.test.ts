import { configSchema } from '../../../schemas/index.js';
import { routeEvent } from '../../../engine/triggers/index.js';

const { pipelines } = configSchema.parse({
  pipelines: [
    {
      name: 'drops',
      partitions: { kind: 'dynamic', set: 'customers' },
      triggers: [{ on: 'service', name: 'crm', addPartition: true }],
      steps: { n: { type: 'command', command: ['true'] } },
    },
  ],
});

it.each([
  ['a|b', 'must not have "|" in it'],
  ['.hidden', 'must not begin with "."'],
  [' x', 'must not begin or end with a blank'],
  ['a\u0308', 'must be in Unicode’s composed form'],
])('a key %j that cannot be added to its set is ignored with what is wrong with it', (partition, expected) => {
  const event = { id: '1', source: 'service' as const, trigger: 'crm', subject: '', partition, params: {} };
  const route = routeEvent(pipelines, 'drops', event, '2026-11-29T00:00:00Z', new Map([['customers', ['acme']]]));
  expect(route).toMatchObject({ ignored: expect.stringContaining(expected) });
  expect(route).toMatchObject({ ignored: expect.stringContaining('PARTITION_INVALID') });
});
