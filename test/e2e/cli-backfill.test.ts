import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackfillProgress, BackfillResult } from '../../schemas/index.js';
import { backfillProject, type Gate } from '../support/backfill-project.js';
import { PROJECT_DIR, startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const MAIN = join(PROJECT_DIR, 'dist', 'cli', 'main.js');

const config = (cron: string) => `
import { defineConfig, definePipeline } from '${PROJECT_DIR}/index.ts';
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'idle',
      partitions: { kind: 'hourly', timezone: 'UTC' },
      schedule: { cron: '${cron}', timezone: 'UTC' },
      steps: { nothing: { type: 'activity', activity: 'nothing', role: 'orchestration' } },
    }),
  ],
  activities: { nothing: async () => null },
  alerts: [{ kind: 'slack', name: 'team', url: 'secret:team' }],
});
`;

let millrace: MillraceEnvironment;
let folder: string;
let gate: Gate;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  await writeFile(join(folder, 'millrace.config.ts'), config('5 * * * *'));
  const project = backfillProject();
  project.gate.fail(['2001-03-02']);
  project.gate.open();
  gate = project.gate;
  millrace = await startMillrace(project.config);
});
afterAll(async () => {
  await millrace.close();
  await rm(folder, { recursive: true });
});

/** The command as a user types it, in the folder of the configuration. */
function cli(...args: string[]) {
  return command([...args, '--address', millrace.temporal.address, '--lineage-url', millrace.lineageUrl]);
}

async function command(args: string[], env = {}): Promise<{ code: number; out: string; err: string }> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { PATH, HOME, ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

describe('millrace backfill', () => {
  const hours = ['--from', '2001-01-01T00', '--to', '2001-01-01T03'];

  it('shows the plan with a reason for each partition, runs nothing, and then runs that very plan to its end', async () => {
    const shown = await cli('backfill', 'idle', ...hours, '--dry-run');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.out).toMatch(/4 of 4 partitions would run[^]*2001-01-01T00\b.*run.*never_ran[^]*Plan [0-9a-f]{64}/);
    const hash = /Plan ([0-9a-f]{64})/.exec(shown.out)?.[1] ?? '';
    expect(await millrace.lineage.runs({ pipeline: 'idle' })).toEqual([]);

    const done = await cli('backfill', 'idle', ...hours, '--plan-hash', hash, '--wait', '--json');
    expect(done.code).toBe(0);
    const result = JSON.parse(done.out) as BackfillResult;
    expect(result).toMatchObject({ verdict: 'succeeded', plan: { hash } });
    expect(result.partitions?.map(({ outcome }) => outcome)).toEqual(Array(4).fill('succeeded'));
  });

  it('refuses a plan that is not the plan any more, with the difference and exit code 2', async () => {
    const refused = await cli('backfill', 'idle', ...hours, '--plan-hash', '0'.repeat(64), '--wait');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('PLAN_CHANGED') });
  });

  it('says in the end which partitions did not succeed and why, with exit code 1', async () => {
    const range = ['--from', '2001-03-01', '--to', '2001-03-03'];
    const done = await cli('backfill', 'gated', ...range, '--param', 'colour=blue', '--max-active', '2', '--wait');
    expect(done.code).toBe(1);
    expect(done.out).toMatch(
      /^incomplete: 2 of 3 runs succeeded[^]*2001-03-02 failed SOURCE_EMPTY 2001-03-02 is broken/,
    );
  });

  it('runs partitions again as they ran before', async () => {
    const range = ['--from', '2001-03-01', '--to', '2001-03-01'];
    const done = await cli('backfill', 'gated', ...range, '--reprocess', 'all', '--as-run', '--wait', '--json');
    expect(JSON.parse(done.out)).toMatchObject({ verdict: 'succeeded', counts: { succeeded: 1 } });
    const never = await cli('backfill', 'gated', '--from', '2001-04-01', '--to', '2001-04-01', '--as-run', '--dry-run');
    expect(never).toMatchObject({ code: 2, err: expect.stringContaining('SPECIFICATION_NOT_FOUND') });
  });

  it('names bad options before anything is sent', async () => {
    expect(await cli('backfill', 'gated', '--from', '2001-03-01')).toMatchObject({ code: 2 });
    expect(await cli('backfill', 'gated', ...hours, '--priority', '9')).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 1 to 5'),
    });
  });
});

describe('millrace backfills and runs', () => {
  const id = 'backfill/gated/2001-05-01..2001-05-04';
  const started = async (partition: string) => until(() => gate.waiting().includes(partition));

  it('takes a backfill from its pause to its end, and leaves out a partition and a run', async () => {
    gate.close();
    const range = ['--from', '2001-05-01', '--to', '2001-05-04', '--max-active', '1'];
    expect(await cli('backfill', 'gated', ...range)).toMatchObject({ code: 0 });
    await started('2001-05-01');

    const listed = await cli('backfills', 'ls', 'gated', '--running');
    expect(listed.out).toMatch(/gated.*2001-05-01\.\.2001-05-04.*running.*0 of 4, 1 running/);
    const paused = await cli('backfills', 'pause', 'gated', '--by', 'ada', '--reason', 'the source is down');
    expect(paused).toMatchObject({ code: 0, out: `${id}\ngated 0/4 paused, 1 running\n` });
    expect((await cli('backfills', 'show', 'gated')).out).toMatch(/paused by ada; at most 1 at once, priority 5/);
    const changed = await cli('backfills', 'set', id, '--max-active', '2', '--priority', '4', '--json');
    expect(JSON.parse(changed.out) as BackfillProgress).toMatchObject({ phase: 'paused', maxActive: 2, priority: 4 });
    await cli('backfills', 'cancel', 'gated', '--partition', '2001-05-03', '--reason', 'a holiday');
    expect(await cli('backfills', 'resume', 'gated')).toMatchObject({ code: 0 });
    await started('2001-05-02');

    const run = 'run/gated/2001-05-02';
    expect((await cli('runs', 'show', run)).out).toMatch(/^running: [^]*> wait running/);
    expect((await cli('runs', 'ls', '--verdict', 'running')).out).toMatch(/gated.*2001-05-02.*running/);
    const cancelled = await cli('runs', 'cancel', run, '--reason', 'no data that day');
    expect(cancelled).toMatchObject({ code: 0, out: `${run}: asked to end\n` });

    gate.open();
    await until(async () => (await cli('backfills', 'show', id)).out.includes('incomplete: 2 of 4 runs succeeded'));
    expect((await cli('backfills', 'show', 'gated')).out).toContain('incomplete: 2 of 4 runs succeeded');
    const end = JSON.parse((await cli('backfills', 'show', id, '--json')).out) as BackfillResult;
    expect(end).toMatchObject({ verdict: 'incomplete', counts: { succeeded: 2, cancelled: 2 } });
    expect((await cli('backfills', 'ls', 'gated')).out).toMatch(/2001-05-01\.\.2001-05-04.*completed/);
    expect((await cli('runs', 'show', 'run/gated/2001-05-01')).out).toMatch(/^succeeded: [^]*\+ wait succeeded/);
    const [last] = await millrace.lineage.runs({ pipeline: 'gated', partition: '2001-05-02' });
    const shown = await cli('runs', 'show', last?.runId ?? '', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ verdict: 'failed', reason: 'CANCELLED', progress: null });
    const actions = (await millrace.lineage.audit({})).entries.map(({ actor, action, target }) => [
      actor,
      action,
      target,
    ]);
    expect(actions).toContainEqual([expect.any(String), 'run_cancel', run]);
  });

  it('ends the runs of one that was terminated, and counts those that are under way still', async () => {
    gate.close();
    await cli('backfill', 'gated', '--from', '2001-05-11', '--to', '2001-05-13', '--max-active', '2');
    await started('2001-05-12');
    const left = 'backfill/gated/2001-05-11..2001-05-13';
    await millrace.client.temporal.workflow.getHandle(left).terminate('by hand');
    await until(async () => (await cli('backfills', 'show', left)).out.includes('0/3 ended, 2 running'));
    await cli('backfills', 'cancel', left, '--running', 'stop');
    const shown = await until(async () => {
      const { out } = await cli('backfills', 'show', left);
      return out.includes('2/3 ended, 0 running') && out;
    });
    expect(shown).toMatch(/terminated in Temporal, without its runs\n(?!.*under way)/);
  });

  it('says what cannot be sent, with exit code 2', async () => {
    const nobody = await cli('backfills', 'pause', 'gated');
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('no backfill of gated is under way') });
    expect(await cli('backfills', 'show', 'backfill/gated/x..y')).toMatchObject({ code: 2 });
    expect(await cli('backfills', 'set', id)).toMatchObject({ code: 2, err: expect.stringContaining('--max-active') });
    const late = await cli('backfills', 'retry-failed', id);
    expect(late).toMatchObject({ code: 2, err: expect.stringContaining(`${id} has ended`) });
    const ended = await cli('runs', 'cancel', 'run/gated/2001-05-01', '--reason', 'too late');
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('has ended') });
    expect(await cli('runs', 'show', 'run/gated/1999-01-01')).toMatchObject({
      code: 2,
      err: expect.stringContaining('NOT_FOUND'),
    });
  });
});

it('millrace alerts test says what the other side of a channel answered', async () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
    request.on('end', () => response.writeHead(received.length === 1 ? 200 : 404).end('no_team'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const secrets = { MILLRACE_SECRET_TEAM: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  expect(await command(['alerts', 'test', 'team'], secrets)).toMatchObject({
    code: 0,
    out: 'team: delivered: 200 no_team\n',
  });
  expect(JSON.parse(received.join(''))).toMatchObject({ text: 'Millrace: this is a test of the channel team' });
  const refused = await command(['alerts', 'test', 'team', '--json'], secrets);
  expect([refused.code, JSON.parse(refused.out)]).toMatchObject([1, { delivered: false, message: '404 no_team' }]);
  const unknown = await command(['alerts', 'test', 'nobody'], secrets);
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('no alert channel "nobody"') });
  server.close();
});

describe('millrace schedule', () => {
  it('shows the difference, applies it once, and shows each later difference by field', async () => {
    expect(await cli('schedule', 'apply', '--dry-run')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^idle: would create\n {2}times: minute 5, [^]*timezone: UTC\n/),
    });
    expect(await cli('schedule', 'apply')).toMatchObject({ code: 0, out: expect.stringContaining('idle: create') });
    expect(await cli('schedule', 'apply', '--dry-run')).toMatchObject({ code: 0, out: 'idle: unchanged\n' });
    await writeFile(join(folder, 'millrace.config.ts'), config('7 * * * *'));
    const changed = await cli('schedule', 'apply');
    expect(changed.out).toMatch(/^idle: update\n {2}times: minute 5, .*minute 7, .*\n$/);
  });

  it('lists, tells the next ten firings with the partition of each, pauses, resumes and triggers', async () => {
    const next = await cli('schedule', 'next', 'idle');
    const lines = next.out.trim().split('\n');
    expect(lines).toHaveLength(10);
    for (const line of lines) {
      const [at = '', partition = ''] = line.split(/\s+/);
      expect(at).toMatch(/:07:00/);
      expect(new Date(`${partition}:00:00Z`).getTime()).toBe(Date.parse(at) - 67 * 60_000);
    }
    await cli('schedule', 'pause', 'idle', '--note', 'a holiday');
    expect((await cli('schedule', 'ls')).out).toMatch(/idle.*paused.*a holiday/);
    await cli('schedule', 'resume', 'idle');
    const listed = JSON.parse((await cli('schedule', 'ls', '--json')).out) as { schedules: { paused: boolean }[] };
    expect(listed.schedules).toMatchObject([{ pipeline: 'idle', paused: false }]);
    expect(await cli('schedule', 'trigger', 'idle')).toMatchObject({ code: 0, out: 'idle: triggered\n' });
  });

  it('says that a pipeline has no schedule, with exit code 2', async () => {
    expect(await cli('schedule', 'next', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('NOT_FOUND'),
    });
  });
});

describe('millrace triggers', () => {
  it('refuses a name that nothing knows with the nearest, and shows the inbox of a pipeline that is no more', async () => {
    expect(await cli('triggers', 'idel')).toMatchObject({
      code: 2,
      err: expect.stringContaining('PIPELINE_UNKNOWN: there is no pipeline "idel"; did you mean "idle"?'),
    });
    expect(await cli('triggers', 'idle')).toMatchObject({ code: 0, out: expect.stringContaining('0 waiting') });
    await millrace.client.trigger({ pipeline: 'gone', partition: '2001-03-01' });
    expect(await cli('triggers', 'gone')).toMatchObject({ code: 0 });
    expect((await cli('triggers', 'gon')).err).toContain('did you mean "gone"?');
  });

  it('knows a pipeline that a worker has declared and that never ran, in a folder without its configuration', async () => {
    const declared = { kind: 'pipeline_declared', key: 'declared/quiet', at: new Date().toISOString() } as const;
    const specification = { specificationDigest: '51'.repeat(32), specification: { steps: {} } };
    await millrace.lineage.record([{ ...declared, pipeline: 'quiet', ...specification }]);
    expect(await cli('triggers', 'quiet')).toMatchObject({ code: 0, out: expect.stringContaining('0 waiting') });
    expect((await cli('triggers', 'quite')).err).toContain('did you mean "quiet"?');
  });
});
