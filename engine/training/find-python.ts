import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MillraceError } from '../../schemas/index.js';

const run = promisify(execFile);

const OLDEST_MINOR = 10;
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const PROBE =
  'import sys, json; print(json.dumps([sys.executable, sys.implementation.name, list(sys.version_info[:3])]))';
const PROBE_TIMEOUT_MS = 20_000;

/** An interpreter. */
export interface Python {
  /** Absolute path of the program. */
  path: string;
  /** As in `3.11.7`. */
  version: string;
}

/**
 * Finds CPython of version 3.10 or newer: MILLRACE_PYTHON alone if it is set, else the first of python3, python and
 * python3.14 to python3.10 on the PATH that is new enough.
 * @throws MillraceError PYTHON_NOT_FOUND, with what was tried
 */
export async function findPython({ env }: { env: NodeJS.ProcessEnv }): Promise<Python> {
  const chosen = env['MILLRACE_PYTHON'];
  const tried: string[] = [];
  for (const name of chosen === undefined || chosen === '' ? NAMES : [chosen]) {
    const found = await probe(name, env);
    if (typeof found === 'object') return found;
    tried.push(`${name} ${found}`);
  }
  throw new MillraceError('PYTHON_NOT_FOUND', `no Python of version 3.${OLDEST_MINOR} or newer: ${tried.join('; ')}`);
}

async function probe(name: string, env: NodeJS.ProcessEnv): Promise<Python | string> {
  try {
    const { stdout } = await run(name, ['-I', '-c', PROBE], { env, timeout: PROBE_TIMEOUT_MS });
    const [path, implementation, version] = JSON.parse(stdout) as [string, string, [number, number, number]];
    const [major, minor] = version;
    if (implementation !== 'cpython') return `is ${implementation}`;
    if (major !== 3 || minor < OLDEST_MINOR) return `has version ${version.join('.')}`;
    return { path, version: version.join('.') };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'does not run';
  }
}
