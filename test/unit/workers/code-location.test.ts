import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeLocation, withoutCredentials } from '../../../workers/code-location.js';

describe('codeLocation', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-code-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-C', folder, ...args], {
      encoding: 'utf8',
    }).trim();

  it('is the commit, the branch and the folder, without the password of the remote, and tells of changes', async () => {
    const project = join(folder, 'etl');
    await mkdir(project);
    await writeFile(join(project, 'millrace.config.ts'), 'export default {}');
    git('init', '--quiet', '--initial-branch', 'main');
    git('remote', 'add', 'origin', 'https://ada:hunter2@example.org/team/flights.git');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    const expected = {
      repository: 'https://example.org/team/flights.git',
      revision: git('rev-parse', 'HEAD'),
      branch: 'main',
      path: 'etl',
      modified: false,
    };
    expect(await codeLocation(project, {})).toEqual(expected);
    await writeFile(join(project, 'millrace.config.ts'), 'export default { pipelines: [] }');
    expect(await codeLocation(project, {})).toEqual({ ...expected, modified: true });
  });

  it('is not told for a folder without a history, unless the environment does', async () => {
    expect(await codeLocation(folder, {})).toBeUndefined();
    const env = { MILLRACE_CODE_REVISION: 'abc', MILLRACE_CODE_REPOSITORY: 'git@example.org:team/flights.git' };
    expect(await codeLocation(folder, env)).toMatchObject({
      repository: 'ssh://example.org/team/flights.git',
      revision: 'abc',
    });
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['git@github.com:team/flights.git', 'ssh://github.com/team/flights.git'],
    ['https://token@example.org/a/b', 'https://example.org/a/b'],
    ['ssh://git@example.org:22/a/b', 'ssh://example.org:22/a/b'],
    ['/srv/git/flights.git', '/srv/git/flights.git'],
  ])('%s is %s', (remote, url) => expect(withoutCredentials(remote)).toBe(url));
});
