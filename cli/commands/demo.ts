import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { connect } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { packageRoot } from '../../engine/threads.js';
import { formatDuration, MillraceError } from '../../schemas/index.js';
import { startEmbedded, type EmbeddedMode } from '../../workers/embedded/embedded-mode.js';
import { NIGHTS } from '../demo/nights.js';
import type { DemoReport, NightReport } from '../demo/report.js';
import { finalReport, retireEndpoint, runHistory, runNight, type DemoContext } from '../demo/run-demo.js';
import { lineageTree, nightsTable } from '../demo/show.js';
import { runTasks, type DemoTask } from '../demo/task-list.js';
import { interruption } from '../interruption.js';
import { dataDirOption, DEFAULT_DATA_DIR, jsonOption, type JsonOption } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';

interface DemoOptions extends JsonOption {
  dataDir?: string;
  report?: string;
  keep?: boolean;
}

interface DemoState {
  embedded?: EmbeddedMode;
  context?: DemoContext;
  close?: () => Promise<void>;
  history?: DemoReport['history'];
  nights: NightReport[];
}

/** `millrace demo`: five nights on real flights. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('train, judge and ship a model from real flights, five nights in a row')
    .addOption(dataDirOption())
    .option('--report <file>', 'write the result as JSON to a file')
    .option('--keep', 'leave everything running afterwards, until Ctrl-C')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  npm run demo -- --report demo.json')
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/** Exit code: 0 only if every night ended as it should, 1 if one did not, 2 if the demo could not run, 130 after Ctrl-C. */
async function demo(options: DemoOptions): Promise<number> {
  const started = Date.now();
  const state: DemoState = { nights: [] };
  const stop = new AbortController();
  const interrupted = interruption(() => state.embedded?.kill());
  interrupted.addEventListener('abort', () => {
    process.stderr.write('stopping\n');
    stop.abort(new Error('interrupted'));
  });
  try {
    await Promise.race([
      runTasks(taskList(options, state, stop), stop.signal, options.json === true),
      stopped(stop.signal),
    ]);
    const report = await finalReport(
      required(state.context),
      required(state.history),
      state.nights,
      Date.now() - started,
    );
    if (options.json === true) printJson(report);
    else print(report);
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    if (options.keep === true) await keepRunning(required(state.embedded), stop.signal);
    return report.asExpected ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    await state.close?.();
  }
}

/** Rejects once the demo is to stop; what is under way then comes to its own end. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function taskList(options: DemoOptions, state: DemoState, stop: AbortController): DemoTask[] {
  const context = () => required(state.context);
  return [
    {
      title: 'embedded mode',
      run: async (say) => {
        const { temporalUi, lineageUrl, modelServerUrl } = await start(options, state, stop, say);
        return `embedded mode: Temporal UI ${temporalUi ?? '(not ours)'}, lineage ${lineageUrl}, model server ${modelServerUrl}`;
      },
    },
    {
      title: 'history: 28 days ingested and checked',
      run: async (say) => {
        state.history = await runHistory(context(), say);
        return `history: ${state.history.partitions} days ingested and checked, ${formatDuration(state.history.durationMs)}`;
      },
    },
    ...NIGHTS.map((night) => ({
      title: `${night.name} (${night.partition}): ${night.about}`,
      run: async (say: (message: string) => void) => {
        stop.signal.throwIfAborted();
        const report = await runNight(context(), night, say);
        state.nights.push(report);
        return `${night.name} (${night.partition}), ${night.about}: ${report.verdict}, ${report.reason}, ${formatDuration(report.durationMs)}`;
      },
    })),
  ];
}

async function start(
  options: DemoOptions,
  state: DemoState,
  stop: AbortController,
  say: (message: string) => void,
): Promise<EmbeddedMode> {
  const { signal } = stop;
  const projectDir = packageRoot(__filename);
  const dataDir = resolve(options.dataDir ?? process.env.MILLRACE_DATA_DIR ?? DEFAULT_DATA_DIR);
  const embedded = await startEmbedded({ dataDir, projectDir, onProgress: say, signal });
  state.embedded = embedded;
  state.close = () => embedded.close();
  void embedded.failed.then((error) => stop.abort(error));
  const { temporalAddress, namespace, lineageUrl, modelServerUrl } = embedded;
  const client = await connect({ address: temporalAddress, namespace, plain: true });
  state.close = async () => {
    await client.close();
    await embedded.close();
  };
  state.context = {
    client,
    lineage: createLineageClient({ url: lineageUrl }),
    modelServerUrl,
    dataDir,
    projectDir,
    signal,
  };
  await retireEndpoint(state.context);
  return embedded;
}

function print(report: DemoReport): void {
  console.log(`\n${nightsTable(report)}\n\n${lineageTree(report)}\n`);
  const verdict = report.asExpected ? 'every night ended as it should' : 'NOT every night ended as it should';
  console.log(`${verdict}; ${report.failedRequests} failed requests; ${formatDuration(report.totalMs)} in all`);
}

async function keepRunning(
  { temporalUi, lineageUrl, modelServerUrl, temporalAddress, failed }: EmbeddedMode,
  signal: AbortSignal,
): Promise<void> {
  process.stderr.write(
    [
      '',
      'Everything is left running. Ctrl-C ends it. Open:',
      `  runs and rollouts   ${temporalUi ?? temporalAddress}`,
      `  lineage             ${lineageUrl}`,
      `  model server        ${modelServerUrl}/v2/models/flight-delays`,
      '',
    ].join('\n'),
  );
  const interrupted = new Promise<undefined>((done) =>
    signal.addEventListener('abort', () => done(undefined), { once: true }),
  );
  const failure = signal.aborted ? undefined : await Promise.race([interrupted, failed]);
  if (failure !== undefined) throw failure;
}

function required<T>(value: T | undefined): T {
  if (value === undefined)
    throw new MillraceError('INTERNAL', 'a part of the demo did not leave what the next one needs');
  return value;
}
