import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoReport } from '../../cli/demo/report.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';

/** Runs the demo as a user does, without a terminal. */
async function demo(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'demo', ...args], { cwd: PROJECT_DIR });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('npm run demo', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['on a new folder', 'a second time on the same folder'])(
    'ends every night as it should, %s',
    async () => {
      const file = join(folder, 'demo.json');
      const { code, output } = await demo(['--data-dir', join(folder, 'data'), '--report', file]);
      expect({ code, output }).toMatchObject({ code: 0 });

      const report = JSON.parse(await readFile(file, 'utf8')) as DemoReport;
      expect(report.nights.map(({ verdict, reason }) => [verdict, reason])).toEqual([
        ['succeeded', 'FIRST_RELEASE'],
        ['succeeded', 'PROMOTED'],
        ['refused', 'QUALITY_FAILED'],
        ['refused', 'EVALUATION_FAILED'],
        ['rolled_back', 'CANARY_FAILED'],
      ]);
      const [first, second, third, fourth, fifth] = report.nights;
      expect(report.serving.modelVersion).toBe(second?.modelVersion);
      expect(report.failedRequests).toBe(0);
      expect(report.trainedOn).toHaveLength(28);
      expect(report.trainedOn.at(-1)?.partition).toBe('2001-03-29');
      // Both versions took part in the canary of night 2, and the slow one in that of night 5 was left behind.
      expect(Object.keys(second?.traffic?.byVersion ?? {}).sort()).toEqual(
        [String(first?.modelVersion), String(second?.modelVersion)].sort(),
      );
      expect(fifth).toMatchObject({ forced: true });
      for (const defect of ['delay', 'distance', 'origin', 'row_count']) expect(third?.message).toContain(defect);
      expect(fourth?.modelVersion).toBeNull();
      // A slow machine must not make a night of a first release wait for another one.
      expect(output).toContain('every night ended as it should');
      expect(await processesUnder(join(folder, 'data'))).toEqual([]);
    },
    600_000,
  );

  it('leaves no process behind after Ctrl-C', async () => {
    const dataDir = join(folder, 'interrupted');
    const child = spawn(process.execPath, ['dist/cli/main.js', 'demo', '--data-dir', dataDir], { cwd: PROJECT_DIR });
    let output = '';
    const started = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('history')) resolve();
      });
    });
    const gone = once(child, 'close');
    await started;
    child.kill('SIGINT');
    expect(await gone).toEqual([130, null]);
    expect(await processesUnder(dataDir)).toEqual([]);
  });
});
