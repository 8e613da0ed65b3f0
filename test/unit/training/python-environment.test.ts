import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { compiledModule } from '../../../engine/threads';
import { defaultCacheDir, ensurePythonEnvironment, findPython } from '../../../engine/training/python-environment';
import { until } from '../../support/until.js';
import { isAlive, pidIn, withFolder } from './training-fixtures';

const folder = withFolder();

/** A program that behaves as a Python of some version, and makes environments of copies of itself. */
async function fakePython(path: string, { version = '3, 11, 7', implementation = 'cpython', install = ':' } = {}) {
  await writeFile(
    path,
    `#!/bin/sh
case "$*" in
  "-I -c "*) echo '["${path}", "${implementation}", [${version}]]' ;;
  "-m venv "*) echo built >> ${path}.builds; mkdir -p "$3/bin" "$3/lib"; cp "$0" "$3/bin/python" ;;
  "-m pip install "*) ${install} ;;
esac
`,
  );
  await chmod(path, 0o755);
  return path;
}

const builds = async (python: string) => (await readFile(`${python}.builds`, 'utf8')).trim().split('\n').length;

describe('findPython', () => {
  it('takes the first on the PATH that is new enough', async () => {
    const bin = folder.path('bin');
    await mkdir(bin);
    await fakePython(`${bin}/python3`, { version: '3, 9, 18' });
    await fakePython(`${bin}/python`, { implementation: 'pypy' });
    const newer = await fakePython(`${bin}/python3.12`, { version: '3, 12, 1' });
    expect(await findPython({ env: { PATH: bin } })).toEqual({ path: newer, version: '3.12.1' });
  });

  it('finds a real one', async () => {
    const { path, version } = await findPython({ env: process.env });
    expect(path).toMatch(/^\//);
    expect(version).toMatch(/^3\.1\d\.\d+$/);
  });

  it.each([
    ['nothing on the PATH', { PATH: '/nowhere' }, /python3 is not there; python is not there/],
    [
      'a wrong MILLRACE_PYTHON',
      { PATH: '/usr/bin:/bin', MILLRACE_PYTHON: '/bin/false' },
      /: \/bin\/false does not run$/,
    ],
  ])('says what it tried, with %s', async (_name, env, message) => {
    await expect(findPython({ env })).rejects.toMatchObject({
      code: 'PYTHON_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  });
});

it.each([
  [{ MILLRACE_CACHE: '/a', XDG_CACHE_HOME: '/b' }, /^\/a$/],
  [{ XDG_CACHE_HOME: '/b' }, process.platform === 'darwin' ? /Library\/Caches\/millrace$/ : /^\/b\/millrace$/],
  [{}, process.platform === 'darwin' ? /Library\/Caches\/millrace$/ : /\/\.cache\/millrace$/],
])('the cache folder for %j is as the platform has it', (env, expected) => {
  expect(defaultCacheDir(env)).toMatch(expected);
});

describe('ensurePythonEnvironment', () => {
  let count = 0;
  async function project(install?: string) {
    const directory = folder.path(`project-${count++}`);
    await mkdir(directory);
    await writeFile(`${directory}/requirements.txt`, 'a==1\n');
    const python = await fakePython(`${directory}/python`, install === undefined ? {} : { install });
    const env = { ...process.env, MILLRACE_PYTHON: python, MILLRACE_CACHE: `${directory}/cache` };
    return { python, directory, options: { directory, requirements: 'requirements.txt', env } };
  }

  it('builds once for each content of the requirements', async () => {
    const { python, directory, options } = await project();
    const first = await ensurePythonEnvironment(options);
    expect(await ensurePythonEnvironment(options)).toEqual(first);
    expect(await builds(python)).toBe(1);
    await writeFile(`${directory}/requirements.txt`, 'a==2\n');
    expect(await ensurePythonEnvironment(options)).not.toEqual(first);
    expect(await builds(python)).toBe(2);
  });

  it('asks pip for wheels with hashes alone', async () => {
    const { directory, options } = await project('echo "$*" > "$0.pip"');
    const { python } = await ensurePythonEnvironment(options);
    const args = await readFile(`${python}.pip`, 'utf8');
    expect(args).toContain('--require-hashes --only-binary :all:');
    expect(args.trim().endsWith(`-r ${directory}/requirements.txt`)).toBe(true);
  });

  it('builds once if several ask at once, also from other processes', async () => {
    const { python, options } = await project('sleep 0.5');
    const module = compiledModule(
      require.resolve('../../../engine/training/python-environment'),
      './python-environment',
    );
    const script = `require(${JSON.stringify(module)}).ensurePythonEnvironment(${JSON.stringify(options)})`;
    const others = [0, 1].map(() => spawn(process.execPath, ['-e', script], { stdio: 'ignore' }));
    const exits = others.map((other) => once(other, 'exit'));
    await Promise.all([ensurePythonEnvironment(options), ensurePythonEnvironment(options)]);
    expect((await Promise.all(exits)).map(([code]) => code as number)).toEqual([0, 0]);
    expect(await builds(python)).toBe(1);
  });

  it('quotes pip and leaves nothing if the build fails, and builds anew the next time', async () => {
    const { python, directory, options } = await project('echo "ERROR: no matching distribution" >&2; exit 1');
    await expect(ensurePythonEnvironment(options)).rejects.toMatchObject({
      code: 'PYTHON_ENVIRONMENT_FAILED',
      message: expect.stringMatching(/pip install .*code 1\nERROR: no matching distribution/),
    });
    const [key = ''] = await readdir(`${directory}/cache/python`);
    expect(await readdir(`${directory}/cache/python/${key}`)).toEqual([]);
    await fakePython(python);
    await expect(ensurePythonEnvironment(options)).resolves.toBeDefined();
  });

  it('takes over from a builder that was killed, and never uses what it left', async () => {
    const { python, directory, options } = await project(`echo $$ > ${folder.path('pip')}; sleep 60`);
    const module = compiledModule(
      require.resolve('../../../engine/training/python-environment'),
      './python-environment',
    );
    const script = `require(${JSON.stringify(module)}).ensurePythonEnvironment(${JSON.stringify(options)})`;
    const builder = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const pip = await pidIn(folder.path('pip'));
    const [key = ''] = await readdir(`${directory}/cache/python`);
    const home = `${directory}/cache/python/${key}`;
    const left = (await readdir(home)).filter((name) => name.startsWith('env-'));
    expect(left).toHaveLength(1);
    builder.kill('SIGKILL');
    await once(builder, 'exit');
    await until(() => !isAlive(pip));
    expect(await readdir(home)).toContain('lock');

    await fakePython(python);
    const environment = await ensurePythonEnvironment(options);
    expect(environment.python).not.toContain(left[0]);
    const now = await readdir(home);
    expect(now).not.toContain(left[0]);
    expect(now).not.toContain('lock');
  });

  it('ends the build when it is cancelled', async () => {
    const { options } = await project(`echo $$ > ${folder.path('cancelled')}; sleep 60`);
    const controller = new AbortController();
    const building = ensurePythonEnvironment({ ...options, signal: controller.signal });
    const pip = await pidIn(folder.path('cancelled'));
    controller.abort(new Error('cancelled by test'));
    await expect(building).rejects.toThrow('cancelled by test');
    expect(isAlive(pip)).toBe(false);
  });
});
