import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { DYNAMIC_CONFIG } from '../../workers/embedded/temporal-server.js';
import type { Bench } from '../main.js';
import { measureLongBackfill, type LongBackfillFigures } from './long-backfill.js';
import { inSeconds, inWords, measure, type Outcome, type EngineFigures } from './measure.js';
import { millrace } from './millrace.js';
import { pythonPeer } from './python-peer.js';
import { measureQueue, type QueueFigures } from './queue.js';
import { plainTemporal } from './temporal.js';
import { WORKLOADS, type Engine, type Workload } from './workloads.js';

const ENGINES: readonly Engine[] = [
  plainTemporal({ name: 'Temporal', activities: 'ordinary', dynamicConfig: [] }),
  plainTemporal({ name: 'Temporal, local activities', activities: 'local', dynamicConfig: [] }),
  plainTemporal({ name: 'Temporal, its server as Millrace’s', activities: 'ordinary', dynamicConfig: DYNAMIC_CONFIG }),
  millrace,
  pythonPeer('Dagster, in-process executor', 'dagster'),
  pythonPeer('Prefect', 'prefect'),
  pythonPeer('Airflow, LocalExecutor', 'airflow'),
];

/** Steps that do nothing, by several engines with their defaults; `--engines a,b` chooses, `--bound SECONDS` ends what lasts longer, `--queue PARTITIONS` adds a long backfill beside nightly runs, `--backfill PARTITIONS` one to its end. */
export const bench: Bench<OrchestrationFigures> = {
  async run(say, args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        engines: { type: 'string' },
        bound: { type: 'string', default: '120' },
        queue: { type: 'string' },
        backfill: { type: 'string' },
      },
    });
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const named = values.engines?.split(',').map((name) => name.trim().toLowerCase());
    const engines = ENGINES.filter(({ name }) => named?.some((start) => name.toLowerCase().startsWith(start)) ?? true);
    const loadBefore = loadavg()[0]!;
    const figures: EngineFigures[] = [];
    for (const engine of engines) figures.push(await measure(engine, Number(values.bound), say));
    const queue = values.queue === undefined ? undefined : await measureQueue(Number(values.queue), say);
    const backfill =
      values.backfill === undefined ? undefined : await measureLongBackfill(Number(values.backfill), say);
    return {
      machine: { cores: cpus().length, loadBefore, loadAfter: loadavg()[0]! },
      engines: figures,
      ...(queue && { queue }),
      ...(backfill && { backfill }),
    };
  },
  render: ({ machine, engines, queue, backfill }) =>
    [
      ...table(engines),
      ...lines(queue),
      ...lines(backfill),
      '',
      `${machine.cores} cores; load ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after`,
    ].join('\n'),
};

interface OrchestrationFigures {
  /** The load is the average of the last minute, this bench’s own included. */
  machine: { cores: number; loadBefore: number; loadAfter: number };
  engines: EngineFigures[];
  /** With `--queue PARTITIONS`. */
  queue?: QueueFigures;
  /** With `--backfill PARTITIONS`. */
  backfill?: LongBackfillFigures;
}

function lines(figures: object | undefined): string[] {
  if (figures === undefined) return [];
  return ['', ...Object.entries(figures).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)];
}

/** A table of times, and one of processor time, which other work on the machine changes less. */
function table(engines: readonly EngineFigures[]): string[] {
  const workloads = Object.entries(WORKLOADS) as [Workload, { title: string }][];
  const base = engines.find(({ engine }) => engine === 'Temporal');
  const rowsOf = (of: (outcome: Outcome) => number | undefined, words: (outcome: Outcome, value: number) => string) =>
    engines.map(({ engine, problem, outcomes }) => [
      problem === undefined ? engine : `${engine} (${problem.split('\n')[0]})`,
      ...workloads.map(([workload]) => {
        const outcome = outcomes[workload];
        const value = outcome && of(outcome);
        if (outcome === undefined || value === undefined) return 'not run';
        const plain = base?.outcomes[workload];
        const to = plain && of(plain);
        const compared = to !== undefined && engine !== 'Temporal' && outcome.done === outcome.of;
        return words(outcome, value) + (compared ? ` (${(value / to).toFixed(1)})` : '');
      }),
    ]);
  const render = (what: string, rows: string[][]) => {
    const head = [`${what} (times plain Temporal)`, ...workloads.map(([, { title }]) => title)];
    return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  };
  return [
    ...render(
      'time',
      rowsOf(({ seconds }) => seconds, inWords),
    ),
    '',
    ...render(
      'processor time',
      rowsOf(
        ({ processorSeconds }) => processorSeconds,
        (_, value) => inSeconds(value),
      ),
    ),
  ];
}
