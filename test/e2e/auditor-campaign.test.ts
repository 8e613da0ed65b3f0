import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { AuditorResult } from '../../schemas/index.js';
import { startDev } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

/** Whom each kill meets, in an order that is drawn; the embedded mode starts a process again three times at most. */
const KILLS = ['lineage', 'lineage', 'orchestration', 'orchestration'];

it('after workers and the owner were killed at random and executions terminated, the auditor finds gaps, mends them, and then finds none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-campaign-'));
  const config = join(PROJECT_DIR, 'test/support/campaign.config.ts');
  const dataDir = join(folder, 'data');
  const args = ['dist/cli/main.js', 'dev', '--json', '--data-dir', dataDir, '--config', config];
  const dev = await startDev(process.execPath, args, PROJECT_DIR);
  const client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
  const { workflow } = client.temporal;
  const lineage = createLineageClient({ url: dev.lineageUrl });

  async function kill(role: string): Promise<void> {
    const command = new RegExp(`main(\\.js)? worker .*--role ${role}`);
    // It may be on its way up after the kill before.
    for (const { pid } of (await processesUnder(dataDir)).filter((one) => command.test(one.command))) {
      process.kill(pid, 'SIGKILL');
    }
  }

  /** A run in the middle of its work, on record as begun. */
  async function inTheMiddle(): Promise<string> {
    return until(
      async () => {
        const { runs } = await lineage.gaps.openRuns().catch(() => ({ runs: [] }));
        for (const { workflowId, runId } of runs) {
          if ((await workflow.getHandle(workflowId, runId).describe()).status.name === 'RUNNING') return workflowId;
        }
        return undefined;
      },
      { everyMs: 20 },
    );
  }

  async function terminated(workflowId: string): Promise<boolean> {
    return workflow
      .getHandle(workflowId)
      .terminate('the campaign')
      .then(
        () => true,
        () => false, // it was quicker
      );
  }

  /** The command line, as a user has it. */
  async function auditor(...more: string[]): Promise<{ code: number; result: AuditorResult }> {
    const command = [
      'dist/cli/main.js',
      'auditor',
      '--grace',
      '0',
      '--lost-after',
      '0',
      '--json',
      '--data-dir',
      dataDir,
    ];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [...command, ...more], { cwd: PROJECT_DIR }, (error, out, err) => {
        if (out === '') reject(new Error(err));
        else resolve({ code: Number(error?.code ?? 0), result: JSON.parse(out) as AuditorResult });
      });
    });
  }

  try {
    const backfill = await client.startBackfill({ pipeline: 'months', from: '2012-01', to: '2013-02', maxActive: 5 });
    let stopped = 0;
    const drawn = KILLS.map((role) => ({ role, rank: Math.random() })).sort((a, b) => a.rank - b.rank);
    for (const [index, { role }] of drawn.entries()) {
      await delay(200 + Math.random() * 600);
      await kill(role);
      if (index % 2 === 1 && (await terminated(await inTheMiddle()))) stopped += 1;
    }
    expect(await terminated(backfill.workflowId)).toBe(true);
    const running = "WorkflowType = 'pipelineRun' AND ExecutionStatus = 'Running'";
    await until(async () => (await workflow.count(running)).count === 0, { seconds: 120, everyMs: 200 });
    await until(async () => (await workflow.count("ExecutionStatus = 'Terminated'")).count > stopped);

    const dry = await auditor('--dry-run');
    expect(dry).toMatchObject({ code: 1, result: { verdict: 'gaps', repaired: 0 } });
    const kinds = dry.result.gaps.map(({ kind, state }) => `${kind} ${state}`);
    expect(kinds).toContain('not_on_record repairable');
    // One that had just put its end on record when it was terminated has one.
    const ends = kinds.filter((kind) => kind === 'end_missing repairable').length;
    expect(ends).toBeLessThanOrEqual(stopped);
    expect(kinds).toHaveLength(ends + 1);

    const mended = await auditor();
    expect(mended).toMatchObject({ code: 0, result: { verdict: 'repaired', found: ends + 1, repaired: ends + 1 } });
    expect(await auditor()).toMatchObject({ code: 0, result: { verdict: 'clean', found: 0, gaps: [] } });
    const verdicts = (await lineage.runs({ limit: 1000 })).map(({ verdict, reason }) => [verdict, reason].join(' '));
    expect(verdicts.filter((verdict) => verdict === 'failed TERMINATED')).toHaveLength(ends);
    expect(verdicts.filter((verdict) => verdict === 'succeeded COMPLETED')).toHaveLength(verdicts.length - ends);
    const { versions } = await lineage.retentionFacts('months', { limit: 1000 });
    expect(versions.flatMap(({ needs }) => needs)).toEqual([]);
    expect(await lineage.verifyAudit()).toMatchObject({ ok: true });
  } finally {
    await client.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
