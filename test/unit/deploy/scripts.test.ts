import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from '@temporalio/worker';
import { type TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalBinary } from '../../../workers/embedded/temporal-binary.js';
import { startTemporal } from '../../support/temporal-environment.js';
import { ROOT } from './compose-file.js';

interface Outcome {
  code: number;
  output: string;
}

/** Runs a program of deploy/ as a container would. */
async function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  try {
    const options = { cwd: ROOT, env: { ...process.env, ...env } };
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe('the HTTP healthcheck', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer(({ url: path }, response) => response.writeHead(path === '/well' ? 200 : 503).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const check = (target: string) => run(process.execPath, ['deploy/healthchecks/http-ok.mjs', target]);

  test('succeeds on a good answer', async () => {
    expect(await check(`${url}/well`)).toEqual({ code: 0, output: '' });
  });

  test('fails on a bad answer, and says which', async () => {
    expect(await check(`${url}/ill`)).toMatchObject({ code: 1, output: expect.stringContaining('answers 503') });
  });

  test('fails where nobody answers', async () => {
    expect(await check('http://127.0.0.1:9/')).toMatchObject({ code: 1 });
  });
});

describe('with a Temporal server', () => {
  let temporal: TestWorkflowEnvironment;

  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal.teardown());

  test('a worker is well while it polls, and ill when nobody does', async () => {
    const check = (queue: string) =>
      run(process.execPath, ['deploy/healthchecks/worker-polls.mjs', queue], {
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_NAMESPACE: 'default',
      });
    const worker = await Worker.create({
      connection: temporal.nativeConnection,
      taskQueue: 'data',
      activities: { nothing: async () => undefined },
    });
    await worker.runUntil(async () => {
      let outcome = await check('data');
      // The first poll is on its way when the worker starts.
      while (outcome.code !== 0 && worker.getState() === 'RUNNING') outcome = await check('data');
      expect(outcome).toEqual({ code: 0, output: '' });
      expect(await check('training')).toMatchObject({ code: 1, output: expect.stringContaining('polls training') });
    });
  });

  test('the namespace is created once, and starting again changes nothing', async () => {
    const { path } = await findTemporalBinary({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
    const create = () =>
      run('/bin/sh', ['deploy/temporal/create-namespace.sh'], {
        PATH: `${dirname(path)}:${process.env.PATH ?? ''}`,
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_NAMESPACE: 'mill',
        NAMESPACE_RETENTION: '30d',
      });
    expect(await create()).toMatchObject({ code: 0, output: expect.stringContaining('the namespace mill is ready') });
    const { config } = await temporal.connection.workflowService.describeNamespace({ namespace: 'mill' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    expect(await create()).toMatchObject({ code: 0 });
  });
});

test.each(['start-server.sh', 'set-up-schema.sh', 'create-namespace.sh'])(
  '%s is a script that a shell can read',
  async (name) => {
    expect(await run('/bin/sh', ['-n', join('deploy/temporal', name)])).toEqual({ code: 0, output: '' });
  },
);
