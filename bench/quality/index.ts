import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePythonEnvironment, findPython } from '../../engine/training/python-environment.js';
import type { Bench } from '../main.js';
import { measureArrowInMemory, type ArrowInMemory } from './arrow-in-memory.js';
import type { Pythons, TaskName } from './engine.js';
import { measureManyChecks, type ManyChecks } from './many-checks.js';
import { assertProofs, measure, type EngineFigures } from './measure.js';
import { ratiosOf, renderTable, type Ratios } from './table.js';
import { checks, type ChecksInput } from './tasks/checks.js';
import { drift } from './tasks/drift.js';
import { FLIGHTS_ROWS } from './tasks/flights.js';
import { profile } from './tasks/profile.js';
import type { Task } from './tasks/task.js';

const TASKS: readonly Task[] = [checks, drift, profile];

/**
 * Twelve checks, drift and a profile of 3 million flights (`--rows 30000000`: ten times as many), file to answer, of `--tasks a,b`
 * and `--engines a,b` or all.
 */
export const bench: Bench<QualityFigures> = {
  async run(say, args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        tasks: { type: 'string' },
        engines: { type: 'string' },
        rows: { type: 'string', default: String(FLIGHTS_ROWS) },
      },
    });
    const rows = Number(values.rows);
    const tasks = selected(values.tasks, values.engines);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const pythons = await environments(tasks, say);
      const { path: launcher } = await findPython({ env: process.env });
      const loadBefore = loadavg()[0]!;
      const measured: Partial<Record<TaskName, TaskFigures>> = {};
      let arrowInMemory: ArrowInMemory[] = [];
      for (const { name, engines, ...task } of tasks) {
        await assertProofs(engines, await task.proofs(folder, rows), pythons);
        say(`${name}: all of these can tell: ${engines.map((engine) => engine.name).join('; ')}`);
        const input = await task.subject(folder, rows);
        const figures = await measure({ engines, input, pythons, launcher, say });
        measured[name] = { engines: figures, ratios: ratiosOf(figures) };
        if (name !== 'checks' || rows > FLIGHTS_ROWS) continue;
        if ('requirements.txt' in pythons) arrowInMemory = await measureArrowInMemory(input as ChecksInput, pythons);
        else
          say(
            'Arrow in memory is left out: pyarrow, which writes the files, comes with peers, of which none is measured',
          );
      }
      const machine = { cores: cpus().length, loadBefore, loadAfter: loadavg()[0]! };
      const { checks: checked, ...others } = measured;
      if (checked === undefined) return { rows, machine, ...others };
      const manyChecks = rows > FLIGHTS_ROWS ? [] : await measureManyChecks(checked.engines, folder, pythons);
      return { rows, machine, ...checked, manyChecks, arrowInMemory, ...others };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  render({ machine, engines, ratios, manyChecks = [], arrowInMemory = [], ...others }) {
    const measured = { checks: engines && ratios && { engines, ratios }, ...others };
    const many = manyChecks.map(
      ({ engine, ratio }) => `- ${engine}: 200 checks take ${ratio} times as long as twelve, in process`,
    );
    const arrow = arrowInMemory.map(
      ({ engine, texts, neededMb, checksMs, readMs, ratio }) =>
        `- ${engine}, Arrow in memory, ${texts}: ${ratio} times as long as going once through the ${neededMb} MB needed (${checksMs} / ${readMs} ms)`,
    );
    return [
      ...TASKS.flatMap(({ name, title }) => {
        const figures = measured[name];
        if (figures === undefined) return [];
        const table = renderTable(figures.engines, figures.ratios);
        return [`## ${title}`, '', table, ...(name === 'checks' ? [...many, ...arrow] : []), ''];
      }),
      `${machine.cores} cores; load ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after`,
    ].join('\n');
  },
};

/** Of one task. */
interface TaskFigures {
  engines: EngineFigures[];
  ratios: Ratios;
}

/** Figures of the checks are at the top, those of other tasks under their names. */
interface QualityFigures extends Partial<TaskFigures> {
  rows: number;
  /** The load is the average of the last minute, this bench’s own included. */
  machine: { cores: number; loadBefore: number; loadAfter: number };
  manyChecks?: ManyChecks[];
  arrowInMemory?: ArrowInMemory[];
  drift?: TaskFigures;
  profile?: TaskFigures;
}

/** Tasks of those names, each with the engines whose name begins with one of those given; without given ones, all. */
function selected(names: string | undefined, engines: string | undefined): Task[] {
  const listed = (given: string) => given.split(',').map((name) => name.trim().toLowerCase());
  const unknown = listed(names ?? '').filter((name) => name !== '' && TASKS.every((task) => task.name !== name));
  if (unknown.length > 0)
    throw new Error(`no task ${unknown.join(', ')}; there are ${TASKS.map(({ name }) => name).join(', ')}`);
  const starts = engines === undefined ? [''] : listed(engines);
  const tasks = TASKS.filter(({ name }) => names === undefined || listed(names).includes(name)).map((task) => ({
    ...task,
    engines: task.engines.filter(({ name }) => starts.some((start) => name.toLowerCase().startsWith(start))),
  }));
  const wanted = tasks.filter((task) => task.engines.length > 0);
  if (wanted.length > 0) return wanted;
  const all = tasks.flatMap(({ name }) => TASKS.find((task) => task.name === name)!.engines);
  throw new Error(`no engine ${engines}; there are ${all.map(({ name }) => name).join('; ')}`);
}

/** Environments of the engines of tasks. */
async function environments(tasks: readonly Task[], onProgress: (line: string) => void): Promise<Pythons> {
  const needed = tasks.flatMap(({ engines }) => engines.flatMap(({ requirements }) => requirements ?? []));
  const pythons: Record<string, string> = {};
  for (const requirements of new Set(needed)) {
    const { python } = await ensurePythonEnvironment({ directory: __dirname, requirements, onProgress });
    pythons[requirements] = python;
  }
  return pythons;
}
