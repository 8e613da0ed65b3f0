import { nodeId, parseNodeId } from '../../../engine/lineage/node-ids.js';
import type { LineageClient } from '../../../engine/lineage/index.js';
import type { LineageGraph } from '../../../schemas/index.js';
import {
  datasetRef,
  datasetVersion,
  endpointChanged,
  february,
  modelRef,
  modelVersion,
  partitionOf,
  published,
  registered,
  stepFinished,
  trained,
} from './story.js';
import { errorOf, withOwner } from './support.js';

function countByKind({ nodes }: LineageGraph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of nodes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const day = (number: number) => nodeId.dataset(datasetRef(partitionOf(number)));

describe('the lineage graph', () => {
  it('leads from an endpoint to the sources of the data that its model was trained on', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const graph = await client.graph('flight-delays');
      expect(graph.root).toBe('endpoint:flight-delays');
      expect(graph.truncated).toBe(false);
      expect(countByKind(graph)).toEqual({ endpoint: 1, model: 1, step: 1 + 28, dataset: 28, source: 1 });
      expect(graph.nodes.slice(0, 3).map(({ id, label }) => [id, label])).toEqual([
        ['endpoint:flight-delays', 'flight-delays'],
        ['model:flight-delays@1', 'flight-delays v1'],
        ['run:run-1/train', 'flight-delays 2001-03: train'],
      ]);
      expect(graph.nodes.at(-1)).toEqual({
        id: 'source:data/flights.parquet',
        kind: 'source',
        label: 'data/flights.parquet',
        details: {},
      });
      expect(graph.nodes.find(({ id }) => id === day(3))).toMatchObject({
        label: 'flights 2001-02-03',
        details: { rows: 16_500, published: true, verdict: 'pass' },
      });
      const edges = graph.edges.map(({ from, to }) => `${from} -> ${to}`);
      expect(new Set(edges).size).toBe(1 + 1 + 28 + 28 + 28);
      expect(edges).toEqual(
        expect.arrayContaining([
          'model:flight-delays@1 -> endpoint:flight-delays',
          'run:run-1/train -> model:flight-delays@1',
          `${day(28)} -> run:run-1/train`,
          `run:night-2001-02-28/raw -> ${day(28)}`,
          'source:data/flights.parquet -> run:night-2001-02-28/raw',
        ]),
      );
    });
  });

  it('leads from a day’s data to everything that it touches', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const graph = await client.graph('dataset:flights/2001-02-28', { direction: 'downstream' });
      expect(graph.root).toBe(day(28));
      expect(graph.nodes.map(({ id }) => id)).toEqual([
        day(28),
        'run:night-2001-02-28/quality',
        'run:run-1/train',
        'run:run-1/evaluate',
        'model:flight-delays@1',
        'endpoint:flight-delays',
      ]);
    });
  });

  it('goes as far as it was asked to, and says when there is more', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const near = await client.graph('model:flight-delays', { depth: 2 });
      expect([countByKind(near), near.truncated]).toEqual([{ model: 1, step: 1, dataset: 28 }, true]);
      const whole = await client.graph('model:flight-delays', { depth: 4 });
      expect([countByKind(whole).source, whole.truncated]).toEqual([1, false]);
    });
  });

  it('follows the versions that an endpoint serves now, not those of before', async () => {
    await withOwner(async (client) => {
      const ref = datasetRef('p');
      await client.record([
        ...[1, 2, 3].flatMap((version) => [trained(`run-${version}`, version, [ref]), registered('run', version)]),
        endpointChanged('a', 0, modelVersion(1)),
        endpointChanged('b', 1, modelVersion(2), modelVersion(3)),
      ]);
      const { nodes } = await client.graph('endpoint:flight-delays', { depth: 1 });
      expect(nodes.map(({ id }) => id)).toEqual([
        'endpoint:flight-delays',
        'model:flight-delays@2',
        'model:flight-delays@3',
      ]);
      expect(nodes[0]?.details).toMatchObject({ stable: 2, canary: 3, canaryWeight: 5 });
      const first = await client.graph('model:flight-delays@1', { direction: 'downstream' });
      expect(first.nodes).toHaveLength(1);
    });
  });

  it('ends where a step wrote what it had read', async () => {
    await withOwner(async (client) => {
      const ref = datasetRef('p');
      await client.record([datasetVersion('run-1', ref), stepFinished('run-1', 'raw', 'transform', [ref])]);
      const { nodes, edges } = await client.graph('flights');
      expect([nodes.length, edges.length]).toEqual([2, 2]);
    });
  });

  it('shows a model that was never registered under the start of its digest', async () => {
    await withOwner(async (client) => {
      const ref = datasetRef('p');
      await client.record([datasetVersion('run-1', ref), trained('run-1', 1, [ref])]);
      const { nodes } = await client.graph('flights', { direction: 'downstream' });
      const short = modelRef(1).digest.slice(0, 12);
      const [node] = nodes.filter(({ kind }) => kind === 'model');
      expect(node).toMatchObject({ id: `model:flight-delays@${short}`, label: 'flight-delays (not registered)' });
      expect((await client.graph(`model:flight-delays@${short}`)).root).toBe(node?.id);
    });
  });

  describe('finds the node that is meant by', () => {
    async function rootsOf(client: LineageClient, names: readonly string[]): Promise<string[]> {
      return Promise.all(names.map(async (name) => (await client.graph(name, { depth: 1 })).root));
    }

    it('names and full ids', async () => {
      await withOwner(async (client) => {
        await client.record(february());
        await client.record([
          registered('run-2', 2),
          datasetVersion('run-9', datasetRef('2001-02-30', 'unpublished')),
          datasetVersion('run-9', datasetRef(partitionOf(5), 'rejected')),
          datasetVersion('run-9', datasetRef('a/b@c', 'x', 'odd')),
          datasetVersion('run-9', datasetRef('a@beef', 'y', 'odd')),
        ]);
        const table: [string, string][] = [
          ['flight-delays', 'endpoint:flight-delays'],
          ['endpoint:flight-delays', 'endpoint:flight-delays'],
          ['model:flight-delays', 'model:flight-delays@1'],
          ['model:flight-delays@2', 'model:flight-delays@2'],
          ['flight-delays@2', 'model:flight-delays@2'],
          ['model:flight-delays@champion', 'model:flight-delays@1'],
          ['flights', day(28)],
          ['dataset:flights/2001-02-05', day(5)],
          ['dataset:flights/2001-02-30', nodeId.dataset(datasetRef('2001-02-30', 'unpublished'))],
          [
            nodeId.dataset(datasetRef(partitionOf(5), 'rejected')),
            nodeId.dataset(datasetRef(partitionOf(5), 'rejected')),
          ],
          [day(5).slice(0, -20), day(5)],
          [`flights@${day(5).split('@')[1]?.slice(0, 12)}`, day(5)],
          ['dataset:odd/a@beef', nodeId.dataset(datasetRef('a@beef', 'y', 'odd'))],
          ['dataset:odd/a/b@c', nodeId.dataset(datasetRef('a/b@c', 'x', 'odd'))],
          ['run:run-1/train', 'run:run-1/train'],
          ['source:data/flights.parquet', 'source:data/flights.parquet'],
          ['data/flights.parquet', 'source:data/flights.parquet'],
        ];
        expect(
          await rootsOf(
            client,
            table.map(([name]) => name),
          ),
        ).toEqual(table.map(([, root]) => root));
        const twice = datasetRef('2001-03-01', 'unpublished');
        await client.record([datasetVersion('run-10', { ...twice, partition: '2001-03-01' })]);
        expect(await errorOf(client.graph(`flights@${twice.version.slice(0, 8)}`))).toContain('INPUT_INVALID');
        for (const name of ['model:flights', 'flight-delays@3', 'dataset:flights/2001-01-01', 'run:run-1/none', 'x']) {
          expect(await errorOf(client.graph(name))).toBe(`NOT_FOUND: nothing on record is called ${name}`);
        }
      });
    });

    it('the newest version where a model has no champion', async () => {
      await withOwner(async (client) => {
        await client.record([registered('run-1', 1), registered('run-2', 2), published2()].flat());
        expect(await rootsOf(client, ['flight-delays', 'flights'])).toEqual(['model:flight-delays@2', day(4)]);
      });

      function published2() {
        return [3, 4].flatMap((number) => {
          const ref = datasetRef(partitionOf(number));
          return [datasetVersion('run-1', ref), published('run-1', ref)];
        });
      }
    });
  });
});

describe('node ids', () => {
  it.each([
    [nodeId.step('6c1f/2', 'train'), { kind: 'step', runId: '6c1f/2', step: 'train' }],
    [nodeId.dataset(datasetRef('a/b@c')), { kind: 'dataset', dataset: 'flights', partition: 'a/b@c' }],
    [nodeId.model(modelRef(1)), { kind: 'model', model: 'flight-delays', digest: modelRef(1).digest }],
    [nodeId.source('s3://x/y:z'), { kind: 'source', path: 's3://x/y:z' }],
    ['endpoint:x', undefined],
    ['model:x@2', undefined],
  ])('%s is read back', (id, parsed) => {
    if (parsed === undefined) expect(parseNodeId(id)).toBeUndefined();
    else expect(parseNodeId(id)).toMatchObject(parsed);
  });
});
