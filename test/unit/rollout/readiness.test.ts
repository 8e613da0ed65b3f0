import { readiness } from '../../../engine/rollout/index.js';
import type { ModelServerStatus } from '../../../schemas/index.js';

type EndpointStatus = Partial<ModelServerStatus['endpoints'][number]>;

function server(serverId: string, ...endpoints: EndpointStatus[]): ModelServerStatus {
  return {
    serverId,
    url: `http://${serverId}:8080`,
    endpoints: endpoints.map((endpoint) => ({
      endpoint: 'delay',
      generation: 3,
      ready: true,
      error: null,
      statistics: [],
      ...endpoint,
    })),
  };
}

describe('readiness', () => {
  it.each<[string, ModelServerStatus[], { ready: boolean; failed: boolean }]>([
    [
      'is ready when every server has the generation',
      [server('a', {}), server('b', {})],
      { ready: true, failed: false },
    ],
    ['is ready with a later generation', [server('a', { generation: 4 })], { ready: true, failed: false }],
    [
      'waits for a server that is behind',
      [server('a', {}), server('b', { generation: 2 })],
      { ready: false, failed: false },
    ],
    ['waits for a server without the endpoint', [server('a', {}), server('b')], { ready: false, failed: false }],
    ['waits while there is no server', [], { ready: false, failed: false }],
    [
      'has failed when a server says why it cannot',
      [server('a', { generation: 2, error: 'bad', failedGeneration: 3 })],
      { ready: false, failed: true },
    ],
    [
      'is not misled by the failure of a generation before',
      [server('a', { generation: 1, error: 'bad', failedGeneration: 2 })],
      { ready: false, failed: false },
    ],
    [
      'is not misled by the failure of a generation after',
      [server('a', { error: 'bad', failedGeneration: 4 })],
      { ready: true, failed: false },
    ],
  ])('%s', (_name, statuses, expected) => {
    expect(readiness(statuses, { endpoint: 'delay', generation: 3 })).toMatchObject(expected);
  });

  it('names the servers that could not, and why', () => {
    const statuses = [server('a', {}), server('b', { generation: 2, error: 'MODEL_UNLOADABLE: no such operator' })];
    expect(readiness(statuses, { endpoint: 'delay', generation: 3 }).message).toBe(
      '1 of 2 model servers have generation 3 of delay in force; http://b:8080: MODEL_UNLOADABLE: no such operator',
    );
  });
});
