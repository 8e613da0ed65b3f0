import { join } from 'node:path';
import { packageRoot } from '../../engine/threads.js';

const ROOT = packageRoot(__filename);

/** What is checked, and what every single check must say of it. */
export interface Task {
  file: string;
  suite: string;
  rows: number;
  verdict: 'pass' | 'fail';
}

/** One way to check a file. */
export interface Engine {
  name: string;
  kind: 'millrace' | 'library' | 'limit';
  /** A process that checks the file several times, and prints `{version, ms}` as its last line. */
  inProcess(task: Task, runs: number, pythons: Pythons): string[];
  /** A process that checks the file once, and ends well if all checks pass. */
  whole(task: Task, pythons: Pythons): string[];
}

/** The interpreters with the peers’ packages. */
export interface Pythons {
  peers: string;
  soda: string;
}

/** Millrace first; then libraries as their users call them, and what hand-written code of these engines can reach. */
export const ENGINES: readonly Engine[] = [
  millrace('Millrace'),
  millrace('Millrace, 1 thread', '--threads', '1'),
  millrace('Millrace, full scan', '--full-scan'),
  millrace('Millrace, full scan, 1 thread', '--full-scan', '--threads', '1'),
  peer('pyarrow on dictionaries', 'limit', 'pyarrow_dictionaries'),
  peer('DuckDB, distinct values first', 'limit', 'duckdb_distinct'),
  peer('Polars', 'limit', 'polars_expressions'),
  peer('pyarrow', 'limit', 'pyarrow_plain'),
  peer('DuckDB, plain SQL', 'limit', 'duckdb_plain'),
  peer('Pandera on Polars', 'library', 'pandera_polars'),
  peer('dataframely', 'library', 'dataframely_polars'),
  peer('Pointblank', 'library', 'pointblank_polars'),
  peer('Soda', 'library', 'soda_duckdb', 'soda'),
  peer('Pandera on pandas', 'library', 'pandera_pandas'),
  peer('Great Expectations', 'library', 'great_expectations_pandas'),
];

function millrace(name: string, ...options: string[]): Engine {
  const cli = join(ROOT, 'dist', 'cli', 'main.js');
  const jiti = join(ROOT, 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');
  return {
    name,
    kind: 'millrace',
    inProcess({ file, suite, verdict }, runs) {
      const script = join(__dirname, 'millrace-in-process.ts');
      return [process.execPath, jiti, script, file, suite, verdict, String(runs), ...options];
    },
    whole: ({ file, suite }) => [process.execPath, cli, 'check', file, '--suite', suite, ...options],
  };
}

function peer(name: string, kind: Engine['kind'], module: string, environment: keyof Pythons = 'peers'): Engine {
  const script = join(__dirname, 'peers', 'run.py');
  const command = ({ file, suite, rows, verdict }: Task, runs: number, pythons: Pythons) => [
    pythons[environment],
    script,
    module,
    file,
    suite,
    String(rows),
    verdict,
    String(runs),
  ];
  return { name, kind, inProcess: command, whole: (task, pythons) => command(task, 1, pythons) };
}
