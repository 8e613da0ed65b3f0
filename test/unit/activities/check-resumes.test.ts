import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createQualityActivities, type ActivityDependencies } from '../../../activities/index';
import { createLocalObjectStore, ingestPartition } from '../../../engine/datasets/index';
import { createScanPool, readStates } from '../../../engine/quality/index';
import type { QualityReport } from '../../../schemas/index';
import { PROJECT_DIR } from '../../support/millrace-environment';

const WINDOW = { key: 'all' };

interface Details {
  progress: string;
  checkpoint?: unknown;
}

test('a check that is tried again goes on where the attempt before it was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-check-activity-'));
  const pool = createScanPool();
  try {
    const store = createLocalObjectStore({ name: 'default', root: join(folder, 'objects') });
    const { ref } = await ingestPartition(
      { store, projectDir: PROJECT_DIR, scratchDir: folder },
      {
        step: {
          type: 'ingest',
          needs: [],
          source: { kind: 'parquet', path: 'node_modules/vega-datasets/data/flights-3m.parquet' },
          dataset: 'flights',
          allowEmpty: false,
        },
        window: WINDOW,
      },
    );
    const { check } = createQualityActivities({
      store,
      scanPool: pool,
      dataDir: folder,
      projectDir: PROJECT_DIR,
      checkpointPace: { segmentBytes: ref.bytes / 12, everyMs: 0 },
    } as unknown as ActivityDependencies);
    const suite = {
      checks: [
        { type: 'row_count' as const, min: 3_000_000, max: 3_000_000 },
        { type: 'between' as const, column: 'delay', min: -60, max: 600, mostly: 0.99 },
        { type: 'entropy' as const, column: 'origin', min: 1 },
      ],
    };
    const attempt = (info: { attempt: number; heartbeatDetails?: unknown }, onBeat: (details: Details) => void) => {
      const environment = new MockActivityEnvironment({ ...info, startToCloseTimeoutMs: 600_000 });
      environment.on('heartbeat', onBeat);
      return {
        environment,
        report: environment.run<[Parameters<typeof check>[0]], QualityReport, typeof check>(check, {
          ref,
          suite,
          window: WINDOW,
        }),
      };
    };

    let left: Details | undefined;
    const first = attempt({ attempt: 1 }, (details) => {
      if (details.checkpoint === undefined || left !== undefined) return;
      left = structuredClone(details);
      first.environment.cancel();
    });
    await expect(first.report).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(JSON.stringify(left).length).toBeLessThan(400);

    const beats: Details[] = [];
    const second = attempt({ attempt: 2, heartbeatDetails: left }, (details) => beats.push({ ...details }));
    const whole = attempt({ attempt: 1 }, () => undefined);
    const [resumed, expected] = [await second.report, await whole.report];
    const { done, of } = left!.checkpoint as { done: number; of: number };
    const segments = beats.flatMap(({ checkpoint }) => (checkpoint as { done: number } | undefined)?.done ?? []);
    // What was done is not done again, and what was left is done once.
    expect([...new Set(segments)]).toEqual(Array.from({ length: of - done - 1 }, (_, i) => done + 1 + i));
    expect(resumed.checks).toEqual(expected.checks);
    expect(resumed.checks.map(({ status, failing }) => [status, failing])).toEqual([
      ['pass', 0],
      ['pass', 414],
      ['pass', 0],
    ]);

    const states = await readStates(store, resumed.documents!.states!);
    expect([states.rows, states.profile!.columns.map(({ name }) => name)]).toEqual([
      3_000_000,
      ['date', 'delay', 'distance', 'origin', 'destination'],
    ]);
  } finally {
    await pool.close();
    await rm(folder, { recursive: true });
  }
});
