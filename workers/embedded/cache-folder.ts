import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The user's cache folder of Millrace: `MILLRACE_CACHE`, else `XDG_CACHE_HOME/millrace`, else `~/Library/Caches/millrace` on
 * macOS and `~/.cache/millrace` elsewhere. Everything in it can be fetched again.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MILLRACE_CACHE) return resolve(env.MILLRACE_CACHE);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'millrace');
  return process.platform === 'darwin'
    ? join(homedir(), 'Library', 'Caches', 'millrace')
    : join(homedir(), '.cache', 'millrace');
}
