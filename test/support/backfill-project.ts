import { definePipeline, MillraceError, param, type MillraceConfigInput } from '../../schemas/index.js';

/** What tests do with runs that are under way. */
export interface Gate {
  /** Partitions whose step has begun and waits. */
  waiting(): string[];
  /** Lets a partition, or whoever waits and whoever comes, go on. */
  open(partition?: string): void;
  /** Lets everybody wait again who comes from now on. */
  close(): void;
  /** Partitions whose step fails from now on. */
  fail(partitions: readonly string[]): void;
  /** Partitions in the order in which their steps began. */
  readonly began: string[];
}

/** Pipelines of one step each: one that does nothing, and one that waits at a gate. */
export function backfillProject(): { config: MillraceConfigInput; gate: Gate } {
  const waiting = new Map<string, () => void>();
  const began: string[] = [];
  let open = false;
  let failing: readonly string[] = [];
  const gate: Gate = {
    waiting: () => [...waiting.keys()],
    open: (partition) => {
      if (partition === undefined) open = true;
      for (const [key, pass] of [...waiting]) if (partition === undefined || key === partition) pass();
    },
    close: () => (open = false),
    fail: (partitions) => (failing = partitions),
    began,
  };
  const days = { kind: 'daily', timezone: 'UTC' } as const;
  return {
    gate,
    config: {
      pipelines: [
        definePipeline({
          name: 'idle',
          partitions: { kind: 'hourly', timezone: 'UTC' },
          steps: { nothing: { type: 'activity', activity: 'nothing', role: 'orchestration' } },
        }),
        definePipeline({
          name: 'gated',
          partitions: days,
          params: { colour: { type: 'string', default: 'red' } },
          steps: {
            wait: { type: 'activity', activity: 'wait', role: 'orchestration', input: { colour: param('colour') } },
          },
        }),
        definePipeline({
          name: 'checked-together',
          partitions: { kind: 'monthly', timezone: 'UTC' },
          params: { most: { type: 'number', default: 130 } },
          steps: {
            raw: {
              type: 'ingest',
              source: { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' },
              dataset: 'checked-together',
              timeColumn: 'date',
            },
            // A month of two places has about 60 rows: none passes alone.
            quality: {
              type: 'check',
              input: 'raw',
              suite: { checks: [{ type: 'row_count', min: 100, max: param<number>('most') }] },
            },
          },
        }),
        definePipeline({
          name: 'checked',
          partitions: { kind: 'monthly', timezone: 'UTC' },
          steps: {
            raw: {
              type: 'ingest',
              source: { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' },
              dataset: 'checked',
              timeColumn: 'date',
            },
            quality: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1_000_000 }] } },
          },
        }),
        definePipeline({
          name: 'cells',
          partitions: {
            kind: 'product',
            dimensions: { day: days, region: { kind: 'static', keys: ['north', 'south'] } },
          },
          steps: { wait: { type: 'activity', activity: 'wait', role: 'orchestration' } },
        }),
      ],
      activities: {
        nothing: async () => null,
        wait: async ({ partition, signal }) => {
          began.push(partition);
          if (failing.includes(partition)) throw new MillraceError('SOURCE_EMPTY', `${partition} is broken`);
          if (open) return null;
          await new Promise<void>((resolve, reject) => {
            const pass = () => {
              waiting.delete(partition);
              resolve();
            };
            waiting.set(partition, pass);
            signal.addEventListener('abort', () => {
              waiting.delete(partition);
              reject(new Error('aborted'));
            });
          });
          return null;
        },
      },
    },
  };
}
