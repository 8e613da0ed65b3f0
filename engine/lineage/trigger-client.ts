import type { z } from 'zod';
import {
  knownEventsResponseSchema,
  lackingResponseSchema,
  pipelinesResponseSchema,
  publicationsResponseSchema,
  triggerLedgerSchema,
  type LackingInput,
  type TriggerLedger,
} from '../../schemas/index.js';
import type { Request } from '../../schemas/lineage-request.js';

/** What triggers ask the lineage owner. */
export interface TriggerClient {
  /** How events of a pipeline ended, newest first; 100 by default, at most 1000. */
  ledger(pipeline: string, options?: { limit?: number }): Promise<TriggerLedger>;
  /** Names of pipelines that a worker has declared, or that ran. */
  pipelines(): Promise<string[]>;
  /** Which of these events ended already; at most 10,000. */
  known(pipeline: string, ids: readonly string[]): Promise<string[]>;
  /** Versions that were published after a record; null gives none, and where to begin. */
  publications(datasets: readonly string[], after: number | null): Promise<Publications>;
  /** Partitions of inputs without a version that is newer than the last run of a pipeline’s partition. */
  lacking(
    pipeline: string,
    partition: string,
    inputs: readonly LackingInput[],
  ): Promise<{ dataset: string; partition: string }[]>;
}

type Publications = z.output<typeof publicationsResponseSchema>;

export function createTriggerClient(request: Request): TriggerClient {
  return {
    ledger: (pipeline, { limit = 100 } = {}) =>
      request(triggerLedgerSchema, 'GET', `/triggers?pipeline=${encodeURIComponent(pipeline)}&limit=${limit}`),
    pipelines: async () => (await request(pipelinesResponseSchema, 'GET', '/pipelines')).pipelines,
    known: async (pipeline, ids) =>
      (await request(knownEventsResponseSchema, 'POST', '/triggers/known', { pipeline, ids })).known,
    publications: (datasets, after) =>
      request(publicationsResponseSchema, 'POST', '/publications', { datasets, after }),
    lacking: async (pipeline, partition, inputs) =>
      (await request(lackingResponseSchema, 'POST', '/publications/lacking', { pipeline, partition, inputs })).lacking,
  };
}
