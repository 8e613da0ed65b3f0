import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import {
  knownPartitionsRequestSchema,
  nameField,
  parseWith,
  partitionSetChangeSchema,
  type PartitionSetChanged,
} from '../../schemas/index.js';
import { QUERIES } from './api-queries.js';
import type { LineageStore } from './lineage-store.js';
import { knownPartitions, listPartitionSets, partitionSetKeys } from './partition-set-queries.js';

interface Params {
  set: string;
}

/** Dynamic sets of partitions: their keys, and changes of them. */
export function addPartitionSetRoutes(app: FastifyInstance, store: LineageStore): void {
  const { read } = store;
  const nameOf = ({ set }: Params) => parseWith(nameField, set, 'name of the set');

  app.get('/api/v1/partition-sets', async () => ({ sets: await listPartitionSets(read) }));
  app.get<{ Params: Params }>('/api/v1/partition-sets/:set/keys', async ({ params, query }) =>
    partitionSetKeys(read, nameOf(params), parseWith(QUERIES.partitionSetKeys, query, 'query')),
  );
  app.post<{ Params: Params }>('/api/v1/partition-sets/:set/known', async ({ params, body }) => {
    const { keys } = parseWith(knownPartitionsRequestSchema, body, 'keys to look up');
    return knownPartitions(read, nameOf(params), keys);
  });
  app.post<{ Params: Params }>(
    '/api/v1/partition-sets/:set/keys',
    async ({ params, body }): Promise<PartitionSetChanged> => {
      const set = nameOf(params);
      const { id, by, add, remove, ...about } = parseWith(partitionSetChangeSchema, body, 'change of a set');
      const { known, total } = await knownPartitions(read, set, [...add, ...remove]);
      const has = new Set(known);
      const asked = new Set(add).size + new Set(remove).size;
      const nothing = add.every((key) => has.has(key)) && !remove.some((key) => has.has(key));
      // What changes nothing leaves no trace, unless it may be a repetition of what did.
      if (nothing && id === undefined) return { added: 0, removed: 0, unchanged: asked, total };
      const [result] = await store.record([
        {
          ...{
            kind: 'partitions_changed',
            key: `partitions/${set}/${id ?? randomUUID()}`,
            at: new Date().toISOString(),
          },
          ...{ set, add, remove, actor: by, ...about },
        },
      ]);
      const { added = 0, removed = 0 } = result ?? {};
      const now = await knownPartitions(read, set, []);
      return { added, removed, unchanged: asked - added - removed, total: now.total };
    },
  );
}
