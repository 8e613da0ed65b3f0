import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CodeLocation } from '../schemas/index.js';

const run = promisify(execFile);

/**
 * Where the code of a project is: what `MILLRACE_CODE_REVISION` and `MILLRACE_CODE_REPOSITORY` say, for images that are built
 * without a history, else what git says of the folder; undefined where neither knows.
 */
export async function codeLocation(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CodeLocation | undefined> {
  const { MILLRACE_CODE_REVISION: revision, MILLRACE_CODE_REPOSITORY: repository } = env;
  if (revision) {
    return {
      repository: repository ? withoutCredentials(repository) : null,
      revision,
      branch: null,
      path: '',
      modified: false,
    };
  }
  try {
    const [commit, branch, path] = (
      await git(projectDir, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD', '--show-prefix')
    ).split('\n');
    if (!commit) return undefined;
    const remote = await git(projectDir, 'config', '--get', 'remote.origin.url').catch(() => '');
    const changes = await git(projectDir, 'status', '--porcelain', '--untracked-files=no', '--', '.');
    return {
      repository: remote.trim() === '' ? null : withoutCredentials(remote.trim()),
      revision: commit,
      branch: !branch || branch === 'HEAD' ? null : branch,
      path: (path ?? '').replace(/\/$/, ''),
      modified: changes.trim() !== '',
    };
  } catch {
    return undefined; // no git, no repository, or one of somebody else: the run goes on without
  }
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', folder, ...args], { timeout: 5000, windowsHide: true });
  return stdout;
}

/** The address as a URL without user and password: it goes on record. */
export function withoutCredentials(remote: string): string {
  const [, host, path] = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(remote) ?? [];
  if (host !== undefined && path !== undefined) return `ssh://${host}/${path.replace(/^\/+/, '')}`;
  try {
    const url = new URL(remote);
    url.username = '';
    url.password = '';
    return url.href;
  } catch {
    return remote; // a path
  }
}
