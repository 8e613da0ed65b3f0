import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../schemas/index.js';
import { digestOf } from '../digest.js';
import { withFileLock } from './file-lock.js';
import { findPython, type Python } from './find-python.js';
import { LineSplitter } from '../processes/line-splitter.js';
import { startSupervised } from '../processes/supervised-process.js';

export { findPython, type Python } from './find-python.js';

export interface PythonEnvironmentOptions {
  /** Folder of the requirements file. */
  directory: string;
  /** Path of the pinned and hashed requirements, relative to the folder. */
  requirements: string;
  /** Folder for environments; by default MILLRACE_CACHE, else `millrace` in the user’s cache folder. */
  cacheDir?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string) => void) | undefined;
  /** Environment variables; by default this process’s. */
  env?: NodeJS.ProcessEnv | undefined;
}

const TAIL_LINES = 20;
/** Name of the file that says which folder holds the finished environment. */
const POINTER = 'current';

/**
 * The interpreter of a virtual environment with the requirements installed: built once for each content of the file,
 * Python and platform, also if several processes ask at once. Virtual environments cannot be moved, so each is built
 * where it stays, under a name of its own, and is published by a pointer file in one step: a build that was killed is
 * never used. Wheels only, and every file must have a hash that the requirements list.
 * @throws MillraceError TRAINER_NOT_FOUND without the requirements file; PYTHON_NOT_FOUND; PYTHON_ENVIRONMENT_FAILED with
 *   the last lines of pip
 */
export async function ensurePythonEnvironment(options: PythonEnvironmentOptions): Promise<{ python: string }> {
  const { directory, signal, onProgress, env = process.env, cacheDir = defaultCacheDir(env) } = options;
  const requirements = join(directory, options.requirements);
  const content = await readFile(requirements, 'utf8').catch((cause: unknown) => {
    throw new MillraceError('TRAINER_NOT_FOUND', `there is no requirements file ${requirements}`, { cause });
  });
  const base = await findPython({ env });
  const key = digestOf({ content, python: base, platform: process.platform, arch: process.arch }).slice(0, 32);
  const home = join(cacheDir, 'python', key);
  const ready = await publishedPython(home);
  if (ready !== undefined) return { python: ready };

  await mkdir(home, { recursive: true });
  const onWait = () => onProgress?.('waiting for another process that builds the Python environment');
  return withFileLock(join(home, 'lock'), { signal, onWait }, async () => {
    const built = await publishedPython(home);
    if (built !== undefined) return { python: built };
    await removeRemains(home);
    const folder = await mkdtemp(join(home, 'env-'));
    try {
      const python = await build({ base, folder, requirements, env, signal, onProgress });
      await writeFile(join(home, `${POINTER}.new`), folder);
      await rename(join(home, `${POINTER}.new`), join(home, POINTER));
      return { python };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
}

/** `millrace` in the user’s cache folder, unless MILLRACE_CACHE names another. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  const given = env['MILLRACE_CACHE'];
  if (given !== undefined && given !== '') return given;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'millrace');
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'millrace');
}

function pythonOf(folder: string): string {
  return join(folder, 'bin', 'python');
}

/** The published interpreter; undefined if there is none, or the Python that it links to was removed. */
async function publishedPython(home: string): Promise<string | undefined> {
  const folder = await readFile(join(home, POINTER), 'utf8').catch(() => undefined);
  if (folder === undefined) return undefined;
  const python = pythonOf(folder);
  return (await stat(python).catch(() => undefined)) === undefined ? undefined : python;
}

/** Removes what builds that were killed have left. */
async function removeRemains(home: string): Promise<void> {
  const remains = (await readdir(home)).filter((name) => name.startsWith('env-'));
  await Promise.all(remains.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

interface Build extends Pick<PythonEnvironmentOptions, 'signal' | 'onProgress'> {
  base: Python;
  folder: string;
  requirements: string;
  env: NodeJS.ProcessEnv;
}

async function build({ base, folder, requirements, env, signal, onProgress }: Build): Promise<string> {
  const python = pythonOf(folder);
  const run = (program: string, args: string[], mayFail = false) =>
    runTool({ program, args, cwd: folder, env, signal, mayFail, onLine: (line) => onProgress?.(`Python: ${line}`) });
  onProgress?.(`building a Python ${base.version} environment`);
  await run(base.path, ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--require-hashes', '--only-binary', ':all:'];
  const quiet = ['--no-input', '--no-compile', '--disable-pip-version-check', '--progress-bar', 'off'];
  await run(python, [...pip, ...quiet, '-r', requirements]);
  // On all cores, which pip does not do; packages carry a few files that are not meant to compile, so it may fail.
  onProgress?.('Python: compiling packages');
  await run(python, ['-m', 'compileall', '-q', '-j', '0', join(folder, 'lib')], true);
  return python;
}

interface Tool extends Pick<Build, 'env' | 'signal'> {
  program: string;
  args: string[];
  cwd: string;
  mayFail: boolean;
  onLine: (line: string) => void;
}

async function runTool({ program, args, cwd, env, signal, mayFail, onLine }: Tool): Promise<void> {
  signal?.throwIfAborted();
  const tail: string[] = [];
  const splitter = new LineSplitter((line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    if (!mayFail) onLine(line);
  });
  const child = startSupervised({ program, args, cwd, env, onOutput: (_stream, chunk) => splitter.push(chunk) });
  const stop = () => child.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const end = await child.ended;
  signal?.removeEventListener('abort', stop);
  splitter.end();
  signal?.throwIfAborted();
  if (end.how === 'exited' && (end.code === 0 || mayFail)) return;
  const how = end.how === 'exited' ? `code ${end.code}` : end.how === 'killed' ? end.signal : end.message;
  throw new MillraceError('PYTHON_ENVIRONMENT_FAILED', `${[program, ...args].join(' ')}: ${how}\n${tail.join('\n')}`);
}
