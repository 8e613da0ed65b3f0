import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { february, MODEL } from '../lineage/story.js';
import { withOwner } from '../lineage/support.js';

const MAIN = join(__dirname, '../../../dist/cli/main.js');

async function millrace(url: string, ...args: string[]): Promise<{ code: number; stdout: string }> {
  const answer = promisify(execFile)(process.execPath, [MAIN, ...args, '--lineage-url', url]);
  return answer.then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}

it('lineage answers questions on the command line, in words and as JSON', async () => {
  await withOwner(async (client, url) => {
    await client.record(february());
    const [upstream, impact, history, stale, nothing] = await Promise.all([
      millrace(url, 'lineage', 'upstream', `model:${MODEL}`, '--depth', '1', '--json'),
      millrace(url, 'impact', 'dataset:flights/2001-02-03'),
      millrace(url, 'history', `${MODEL}@champion`, '--json'),
      millrace(url, 'stale', 'flights', '--json'),
      millrace(url, 'history', `${MODEL}@nobody`, '--json'),
    ]);
    expect(JSON.parse(upstream.stdout)).toMatchObject({
      root: `model:${MODEL}@1`,
      edges: [{ from: 'run:run-1/train', to: `model:${MODEL}@1` }],
    });
    expect(impact.stdout).toContain(`models: 1\n  ${MODEL} v1, champion\n`);
    expect(impact.stdout).toContain(`endpoints that serve it: 1\n  flight-delays, stable: ${MODEL} v1\n`);
    expect(JSON.parse(history.stdout)).toMatchObject([
      { from: null, to: 1, actor: 'ada', reason: 'won the comparison' },
    ]);
    expect(JSON.parse(stale.stdout)).toMatchObject({ total: 0, partitions: [] });
    expect(stale.code).toBe(0);
    expect([nothing.code, JSON.parse(nothing.stdout)]).toMatchObject([2, { error: { code: 'NOT_FOUND' } }]);
  });
});
