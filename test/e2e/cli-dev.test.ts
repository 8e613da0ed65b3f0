import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

const MAIN = join(PROJECT_DIR, 'dist/cli/main.js');
const CONFIG = `module.exports = {
  activities: { hello: async ({ input }) => ({ greeting: 'hello ' + input.name }) },
  pipelines: [
    {
      name: 'greeting',
      params: { name: { type: 'string', default: 'world' } },
      steps: { hello: { type: 'activity', activity: 'hello', input: { name: '{{ params.name }}' } } },
    },
    {
      name: 'numbers',
      steps: {
        raw: { type: 'ingest', dataset: 'numbers', source: { kind: 'csv', path: 'numbers.csv' } },
        enough: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1000 }] } },
      },
    },
  ],
};`;

let project: string;
let dataDir: string;
let dev: DevProcess | undefined;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'millrace-dev-'));
  dataDir = join(project, 'data');
  writeFileSync(join(project, 'millrace.config.js'), CONFIG);
  writeFileSync(join(project, 'numbers.csv'), 'a,b\n1,2\n3,4\n');
});
afterAll(async () => {
  await dev?.stop();
  rmSync(project, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command, as it is typed in the project's folder. One that should end and does not is ended, with the code null. */
function millrace(...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, MILLRACE_DATA_DIR: dataDir },
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  return { code: status, stdout, stderr };
}
const json = ({ stdout }: Ended): unknown => JSON.parse(stdout);
const start = () => startDev(process.execPath, [MAIN, 'dev', '--json', '--data-dir', dataDir], project);

async function nothingLeft(folder: string): Promise<void> {
  await until(async () => (await processesUnder(folder)).length === 0);
}

describe('millrace dev', () => {
  it('without a configuration ends at once and says where it looked', () => {
    const { code, stdout, stderr } = millrace('dev', '--config', 'absent.ts', '--json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIG_NOT_FOUND', remedy: expect.any(String) } });
  });

  it('takes it that nobody reads on, as where `head` has seen enough', async () => {
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('on a port that is taken says which, and leaves nothing running', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ended = millrace('dev', '--ui-port', String(port), '--json');
    expect(json(ended)).toMatchObject({
      error: { code: 'PORT_IN_USE', message: expect.stringContaining(String(port)) },
    });
    expect(readdirSync(join(dataDir, 'locks'))).toEqual([]);
    server.close();
    await nothingLeft(dataDir);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'that is ended by %s while it starts leaves no process behind',
    async (signal) => {
      const child = spawn(process.execPath, [MAIN, 'dev', '--data-dir', dataDir], { cwd: project, stdio: 'ignore' });
      const ended = once(child, 'exit');
      // The Temporal server is there, the rest is about to be.
      const temporal = async () => (await processesUnder(dataDir)).some(({ command }) => command.includes('start-dev'));
      await until(temporal, { everyMs: 20 });
      child.kill(signal);
      const [code] = await ended;
      expect(code).toBe(signal === 'SIGKILL' ? null : 130);
      await nothingLeft(dataDir);
    },
  );

  it('is ready with one line of JSON, and other commands find it without being told', async () => {
    dev = await start();
    expect(Object.keys(dev).sort()).toEqual(
      ['temporalAddress', 'namespace', 'temporalUi', 'lineageUrl', 'modelServerUrl', 'dataDir', 'pid', 'stop'].sort(),
    );
    expect((await fetch(dev.temporalUi)).status).toBe(200);
    const doctor = millrace('doctor', '--json');
    expect(doctor.code).toBe(0);
    expect(json(doctor)).toMatchObject({ healthy: true });
  });

  it('runs pipelines; the exit code says whether the run succeeded, was refused or could not be', () => {
    const done = millrace('run', 'greeting', '--partition', 'all', '--param', 'name="you"', '--wait', '--json');
    expect([done.code, json(done)]).toMatchObject([0, { verdict: 'succeeded', workflowId: 'run/greeting/all' }]);
    const refused = millrace('run', 'numbers', '--wait');
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('refused: QUALITY_FAILED')]);
    const impossible = millrace('run', 'nothing', '--wait', '--json');
    expect([impossible.code, json(impossible)]).toMatchObject([2, { error: { code: 'PIPELINE_UNKNOWN' } }]);
    const malformed = millrace('run', 'greeting', '--param', 'oops');
    expect([malformed.code, malformed.stderr]).toEqual([2, expect.stringContaining('name=value')]);
  });

  it('shows what is on record', () => {
    expect(json(millrace('status', '--json'))).toMatchObject({
      runs: expect.arrayContaining([expect.objectContaining({ pipeline: 'greeting' })]),
    });
    expect(millrace('lineage', 'dataset:numbers').stdout).toMatch(
      // As the step writes it, and where it is, which is what other tools call it.
      /^dataset numbers all {2}\(rows 2.*\n└─ step .*\n {3}├─ source numbers\.csv\n {3}└─ source \/.*\/numbers\.csv\n/,
    );
    const unknown = millrace('lineage', 'nothing', '--json');
    expect([unknown.code, json(unknown)]).toMatchObject([2, { error: { code: 'NOT_FOUND' } }]);
  });

  it('goes on once somebody makes a token: others are asked for one, its own processes are let in', async () => {
    const made = millrace('token', 'create', 'ann', '--scope', 'read');
    await until(() => millrace('dataset', 'ls').stderr.includes('LINEAGE_UNAUTHORIZED'), { everyMs: 100 });
    const run = millrace('run', 'greeting', '--partition', 'all', '--wait');
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('succeeded')]);
    process.env.MILLRACE_LINEAGE_TOKEN = made.stdout.trim();
    expect(millrace('dataset', 'ls').code).toBe(0);
    delete process.env.MILLRACE_LINEAGE_TOKEN;
    expect(millrace('token', 'revoke', 'ann').code).toBe(0);
    await until(() => millrace('dataset', 'ls').code === 0);
  });

  it('refuses a second one in the same data folder, by the process that holds it', () => {
    const second = millrace('dev', '--json');
    expect([second.code, json(second)]).toMatchObject([
      2,
      { error: { code: 'DATA_FOLDER_IN_USE', message: expect.stringContaining(String(dev?.pid)) } },
    ]);
  });

  it('starts a killed process again', async () => {
    const owners = async () =>
      (await processesUnder(dataDir)).filter(({ command }) => command.includes('--role lineage')).map(({ pid }) => pid);
    const [killed] = await owners();
    if (killed === undefined) throw new Error('there is no lineage owner');
    process.kill(killed, 'SIGKILL');
    await until(async () => {
      const now = await owners();
      return now.length > 0 && !now.includes(killed);
    });
    const answers = () =>
      fetch(`${dev?.lineageUrl}/api/v1/health`).then(
        (response) => response.ok,
        () => false,
      );
    await until(answers);
    expect(millrace('status').code).toBe(0);
  });

  it('that is killed leaves no process behind, and starts again with all that was', async () => {
    if (dev === undefined) throw new Error('there is no millrace dev');
    process.kill(dev.pid, 'SIGKILL');
    // At once: the new one has to wait for what the old one left running.
    dev = await start();
    const { runs } = json(millrace('status', '--json')) as { runs: { pipeline: string }[] };
    expect(runs.map(({ pipeline }) => pipeline)).toEqual(['greeting', 'numbers', 'greeting']);
  });

  it('that is told to end does so with nothing left: no process, no lock, no marker', async () => {
    await dev?.stop();
    dev = undefined;
    await nothingLeft(dataDir);
    expect(readdirSync(join(dataDir, 'locks'))).toEqual([]);
    expect(existsSync(join(dataDir, 'embedded.json'))).toBe(false);
    expect(readFileSync(join(dataDir, 'logs/worker.log'), 'utf8')).toContain('DRAINED');
  });
});
