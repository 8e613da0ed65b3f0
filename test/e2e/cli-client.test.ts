import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSearchAttributeKey } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connect, type MillraceClient } from '../../client/index.js';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';
import { startTemporalServer, type TemporalServer } from '../../workers/embedded/temporal-server.js';
import { until } from '../support/until.js';

let folder: string;
let server: TemporalServer;
let client: MillraceClient;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  folder = mkdtempSync(join(tmpdir(), 'millrace-client-'));
  const binary = (await findTemporalBinary()).path;
  server = await startTemporalServer({ binary, dataDir: folder, inMemory: true });
  client = await connect({ address: server.address, plain: true });
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'orchestration',
    workflowsPath: require.resolve('./cli-client-workflows.ts'),
  });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
});

afterAll(async () => {
  await client.close();
  await stopWorker();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the client', () => {
  it('starts a run under the id of its pipeline and partition, and gives its typed result', async () => {
    const run = await client.startRun({ pipeline: 'flights', partition: '2001-03-01', requestedBy: 'a test' });
    expect(run).toMatchObject({ workflowId: 'run/flights/2001-03-01', attached: false });
    const result = await run.result();
    expect(result).toMatchObject({ verdict: 'succeeded', message: 'asked by a test', runId: run.runId });
    const { typedSearchAttributes } = await client.temporal.workflow.getHandle(run.workflowId).describe();
    expect(typedSearchAttributes.get(defineSearchAttributeKey('MillracePartition', 'KEYWORD'))).toBe('2001-03-01');
  });

  it('attaches to the run that is under way, and says so', async () => {
    const request = { pipeline: 'flights', partition: 'long', params: { wait: true } };
    const first = await client.startRun(request);
    const second = await client.startRun({ ...request, params: {} });
    expect([first.attached, second.attached]).toEqual([false, true]);
    expect(second.runId).toBe(first.runId);
    expect(await second.progress()).toMatchObject({ partition: 'long', phase: 'standing in' });
    await first.cancel();
    await expect(second.result()).rejects.toMatchObject({ name: 'MillraceError', code: 'RUN_CANCELLED' });
  });

  it('of many starts at once makes one run', async () => {
    const request = { pipeline: 'flights', partition: 'crowd', params: { wait: true } };
    const runs = await Promise.all(Array.from({ length: 8 }, () => client.startRun(request)));
    expect(new Set(runs.map((run) => run.runId)).size).toBe(1);
    expect(runs.filter((run) => !run.attached)).toHaveLength(1);
    await runs[0]?.cancel();
  });

  it('starts again what has ended', async () => {
    const request = { pipeline: 'flights', partition: 'twice' };
    const first = await (await client.startRun(request)).result();
    const second = await client.startRun(request);
    expect(second.attached).toBe(false);
    expect((await second.result()).runId).not.toBe(first.runId);
  });

  it('without a partition follows and cancels the run that the start led to', async () => {
    const run = await client.startRun({ pipeline: 'tides', params: { wait: true } });
    const progress = await until(async () => {
      const now = await run.progress();
      return now.partition !== '' && now;
    });
    expect(progress).toMatchObject({ partition: 'newest', phase: 'standing in' });
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    const led = await client.getRun({ pipeline: 'tides', partition: 'newest' });
    await expect(led.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it.each([
    ['PARTITION_INVALID', 'PARTITION_INVALID', 'it fell'],
    ['SomethingElse', 'INTERNAL', 'SomethingElse: it fell'],
  ])('throws a failure of type %s as the error %s, with its problems', async (type, code, message) => {
    const run = await client.startRun({ pipeline: 'flights', partition: `fails-${type}`, params: { type } });
    const problems = [{ path: 'partition', message: 'is no day' }];
    await expect(run.result()).rejects.toMatchObject({ name: 'MillraceError', code, message, problems });
  });

  it('throws a run that was terminated as RUN_CANCELLED', async () => {
    const run = await client.startRun({ pipeline: 'flights', partition: 'ended', params: { wait: true } });
    await client.temporal.workflow.getHandle(run.workflowId).terminate('by a test');
    await expect(run.result()).rejects.toMatchObject({
      code: 'RUN_CANCELLED',
      message: expect.stringContaining('by a test'),
    });
  });

  it('throws a result that is no result', async () => {
    const run = await client.startRun({ pipeline: 'flights', partition: 'odd', params: { garbage: true } });
    await expect(run.result()).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('verdict') });
  });

  it('refuses a bad request before it is sent, with every problem by path', async () => {
    const start = client.startRun({ pipeline: 'Bad Name', partition: '', logicalTime: 'noon' });
    await expect(start).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const problems = await start.catch((error: { problems: { path: string }[] }) =>
      error.problems.map(({ path }) => path),
    );
    expect(problems).toEqual(['pipeline', 'partition', 'logicalTime']);
  });

  it('says NOT_FOUND of a run that never was', async () => {
    const run = client.getRun({ pipeline: 'flights', partition: 'never' });
    await expect(run).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says TEMPORAL_UNREACHABLE, with the address, where nothing listens', async () => {
    const connecting = connect({ address: '127.0.0.1:1', plain: true, timeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });

  it('ends what waits on it when it is closed', async () => {
    const other = await connect({ address: server.address, plain: true });
    const run = await other.startRun({ pipeline: 'flights', partition: 'closing', params: { wait: true } });
    const waiting = run.result();
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await other.close();
    await outcome;
    const late = { code: 'TEMPORAL_UNREACHABLE', message: expect.stringContaining('closed') };
    await expect(run.progress()).rejects.toMatchObject(late);
    await expect(other.startRun({ pipeline: 'flights', partition: 'closing' })).rejects.toMatchObject(late);
  });

  it('refuses what is no address', async () => {
    const connecting = connect({ address: 'no such host:port', plain: true });
    await expect(connecting).rejects.toMatchObject({ code: 'INPUT_INVALID', problems: [{ path: 'address' }] });
  });

  it('says of a run that ended that it did, also where another one has its id', async () => {
    const request = { pipeline: 'flights', partition: 'twice' };
    const first = await client.startRun(request);
    await first.result();
    const second = await client.startRun({ ...request, params: { wait: true } });
    const ended = { code: 'INPUT_INVALID', message: expect.stringContaining('run/flights/twice has ended') };
    await expect(first.decide('approve', { by: 'a test', reason: 'looks good' })).rejects.toMatchObject(ended);
    await expect(first.cancel()).rejects.toMatchObject(ended);
    await second.cancel();
    await expect(second.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });
});

describe('a namespace without search attributes', () => {
  it('has runs all the same', async () => {
    const binary = (await findTemporalBinary()).path;
    const plain = await startTemporalServer({
      binary,
      dataDir: join(folder, 'bare'),
      inMemory: true,
      searchAttributes: [],
    });
    try {
      const bare = await connect({ address: plain.address, plain: true });
      const run = await bare.startRun({ pipeline: 'flights', partition: 'one' });
      expect(run.attached).toBe(false);
      await bare.close();
    } finally {
      await plain.close();
    }
  });
});
