import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../engine/processes/run-command.js';
import { codeDigests } from '../../../engine/pipelines/code-digests.js';
import { createSecrets } from '../../../engine/secrets.js';
import { commandStepSchema } from '../../../schemas/index.js';

const window = { key: '2001-03-05', start: '2001-03-05T00:00:00Z', end: '2001-03-06T00:00:00Z' };

describe('a command', () => {
  let projectDir: string;

  beforeEach(async () => {
    projectDir = await mkdtemp(join(tmpdir(), 'millrace-command-'));
  });
  afterEach(() => rm(projectDir, { recursive: true, force: true }));

  function run(script: string, more: { env?: Record<string, string>; signal?: AbortSignal } = {}) {
    const lines: string[] = [];
    const result = runCommand({
      step: commandStepSchema.parse({
        type: 'command',
        command: [process.execPath, '-e', script],
        env: more.env ?? {},
      }),
      name: 'export',
      pipeline: 'nightly',
      runId: 'run-7',
      window,
      projectDir,
      secrets: createSecrets({ MILLRACE_SECRET_FEED: 'hidden' }),
      signal: more.signal,
      onProgress: (line) => lines.push(line),
      env: { PATH: process.env.PATH, TEMPORAL_API_KEY: 'key', MILLRACE_SECRET_FEED: 'hidden', OTHER: 'kept' },
    });
    return { result, lines };
  }

  it('gives its last line, as JSON where it is JSON, and tells each line', async () => {
    const { result, lines } = run('console.log("step 1"); console.log("\\n" + JSON.stringify({ rows: 3 }) + "\\n")');
    await expect(result).resolves.toEqual({ rows: 3 });
    expect(lines).toEqual(['step 1', '{"rows":3}']);
    await expect(run('console.log("done, all of it")').result).resolves.toBe('done, all of it');
    await expect(run('').result).resolves.toBeNull();
  });

  it('finds its partition, run and variables, and none of Temporal’s settings or of the secrets of others', async () => {
    const { result } = run(
      'console.log(JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(([n]) => /MILLRACE|TEMPORAL|OTHER|TOKEN/.test(n)))))',
      { env: { TOKEN: 'secret:feed' } },
    );
    await expect(result).resolves.toEqual({
      MILLRACE_PARTITION_KEY: '2001-03-05',
      MILLRACE_PARTITION_START: '2001-03-05T00:00:00Z',
      MILLRACE_PARTITION_END: '2001-03-06T00:00:00Z',
      MILLRACE_PIPELINE: 'nightly',
      MILLRACE_STEP: 'export',
      MILLRACE_RUN_ID: 'run-7',
      OTHER: 'kept',
      TOKEN: 'hidden',
    });
    await expect(run('', { env: { TOKEN: 'secret:nobody' } }).result).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
    });
  });

  it.each([
    [
      'console.log("so far"); console.error("no such table"); process.exit(3)',
      'COMMAND_FAILED',
      'so far\nno such table',
    ],
    ['console.error("too busy"); process.exit(75)', 'COMMAND_TEMPORARY', 'exited with code 75:\ntoo busy'],
    ['process.kill(process.pid, "SIGKILL")', 'COMMAND_FAILED', 'was ended by SIGKILL'],
  ])('that ends badly is an error with what it said: %s', async (script, code, message) => {
    await expect(run(script).result).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('that is not there cannot be started', async () => {
    const step = commandStepSchema.parse({ type: 'command', command: ['no-such-program'] });
    const options = { name: 'a', pipeline: 'p', runId: 'r', window, projectDir, secrets: createSecrets({}) };
    await expect(runCommand({ ...options, step })).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('no-such-program cannot be started'),
    });
  });

  it('is ended with the signal', async () => {
    const controller = new AbortController();
    const file = join(projectDir, 'pid');
    const script = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => 0, 1000)`;
    const { result } = run(script, { signal: controller.signal });
    const ended = expect(result).rejects.toThrow('enough');
    let pid = NaN;
    while (Number.isNaN(pid)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    }
    controller.abort(new Error('enough'));
    await ended;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('has the digest of the files that it names as that of its code', async () => {
    const step = commandStepSchema.parse({ type: 'command', command: ['python', 'export.py', '--all'] });
    const digest = () => codeDigests({ steps: { export: step } }, { projectDir, activities: {} });
    await expect(digest()).resolves.toEqual({});
    await writeFile(join(projectDir, 'export.py'), 'print(1)');
    const before = await digest();
    expect(before.export).toMatch(/^[0-9a-f]{64}$/);
    await writeFile(join(projectDir, 'export.py'), 'print(2)');
    expect(await digest()).not.toEqual(before);
  });
});
