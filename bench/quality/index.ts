import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePythonEnvironment } from '../../engine/training/python-environment.js';
import type { Bench } from '../main.js';
import { ENGINES, type Engine, type Pythons } from './engines.js';
import { assertJudges, measure, measureManyChecks, type EngineFigures, type ManyChecks } from './measure.js';
import { ratiosOf, renderTable, type Ratios } from './table.js';
import { flightsTask, manyChecksTask, spoiledTask } from './tasks.js';

/** Twelve checks of 3 million flights (`--rows 30000000`: ten times as many), file to verdict, with `--engines a,b` or all. */
export const bench: Bench<QualityFigures> = {
  async run(say, args) {
    const { values } = parseArgs({
      args: [...args],
      options: { engines: { type: 'string' }, rows: { type: 'string', default: '3000000' } },
    });
    const engines = selected(values.engines);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const pythons = await environments(say);
      const spoiled = await spoiledTask(folder, Number(values.rows));
      for (const engine of engines) await assertJudges(engine, spoiled, pythons);
      say(`all of them fail every check of a spoiled file: ${engines.map(({ name }) => name).join('; ')}`);
      const task = await flightsTask(folder, Number(values.rows));
      const loadBefore = loadavg()[0]!;
      const figures = await measure(engines, task, pythons, say);
      const machine = { cores: cpus().length, loadBefore, loadAfter: loadavg()[0]! };
      const manyChecks =
        task.rows > 3_000_000 ? [] : await measureManyChecks(engines, figures, await manyChecksTask(folder), pythons);
      return { rows: task.rows, machine, engines: figures, ratios: ratiosOf(figures), manyChecks };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  render: ({ machine, engines, ratios, manyChecks }) =>
    [
      renderTable(engines, ratios),
      ...manyChecks.map(
        ({ engine, ratio }) => `${engine}: 200 checks take ${ratio} times as long as twelve, in process`,
      ),
      `${machine.cores} cores; load ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after`,
    ].join('\n'),
};

interface QualityFigures {
  rows: number;
  /** The load is the average of the last minute, this bench’s own included. */
  machine: { cores: number; loadBefore: number; loadAfter: number };
  engines: EngineFigures[];
  ratios: Ratios;
  manyChecks: ManyChecks[];
}

/** Engines whose name begins with one of those given. */
function selected(given: string | undefined): Engine[] {
  if (given === undefined) return [...ENGINES];
  const named = given.split(',').map((name) => name.trim().toLowerCase());
  const found = ENGINES.filter(({ name }) => named.some((start) => name.toLowerCase().startsWith(start)));
  if (found.length === 0)
    throw new Error(`no engine ${given}; there are ${ENGINES.map(({ name }) => name).join('; ')}`);
  return found;
}

async function environments(onProgress: (line: string) => void): Promise<Pythons> {
  const build = (requirements: string) => ensurePythonEnvironment({ directory: __dirname, requirements, onProgress });
  const peers = await build('requirements.txt');
  const soda = await build('requirements-soda.txt');
  return { peers: peers.python, soda: soda.python };
}
