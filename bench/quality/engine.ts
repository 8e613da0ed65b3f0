import { join } from 'node:path';
import { packageRoot } from '../../engine/threads.js';

const ROOT = packageRoot(__filename);

export type TaskName = 'checks' | 'drift' | 'profile';

/** One way to do a task; `Input` says of what, and what must come out, and goes to the processes as JSON. */
export interface Engine<Input extends object = object> {
  name: string;
  kind: 'millrace' | 'library' | 'limit';
  /** File of the pinned Python packages it comes from, beside this one; null: it needs none. */
  requirements: string | null;
  /** A process that does it several times, fails on a wrong answer, and prints `{version, ms}` as its last line. */
  inProcess(input: Input, runs: number, pythons: Pythons): string[];
  /** A process that does it once, as its users would call it. */
  whole(input: Input, pythons: Pythons): string[];
}

/** The interpreter of each requirements file that was built. */
export type Pythons = Readonly<Record<string, string>>;

/**
 * Millrace as it is installed, compiled: `command` is what its command line is given for an input, `options` are added to it and
 * to the process that calls the engine.
 */
export function millrace<Input extends object>(
  task: TaskName,
  name: string,
  command: (input: Input) => readonly string[],
  ...options: string[]
): Engine<Input> {
  const cli = join(ROOT, 'dist', 'cli', 'main.js');
  const jiti = join(ROOT, 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');
  const script = join(__dirname, 'millrace-in-process.ts');
  return {
    name,
    kind: 'millrace',
    requirements: null,
    inProcess: (input, runs) => [
      ...[process.execPath, jiti, script],
      ...[task, JSON.stringify(input), String(runs), ...options],
    ],
    whole: (input) => [process.execPath, cli, ...command(input), ...options],
  };
}

/** A tool in Python: how it is called is in `peers/TASK/MODULE.py`. */
export function peer<Input extends object>(
  task: TaskName,
  name: string,
  kind: Engine['kind'],
  module: string,
  requirements = 'requirements.txt',
): Engine<Input> {
  const script = join(__dirname, 'peers', 'run.py');
  const command = (input: Input, pythons: Pythons) => [
    ...[pythons[requirements]!, script],
    ...[task, module, JSON.stringify(input)],
  ];
  return {
    name,
    kind,
    requirements,
    inProcess: (input, runs, pythons) => [...command(input, pythons), String(runs)],
    whole: command,
  };
}
