import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createLineageClient, startLineageOwner } from '../../../engine/lineage/index.js';
import { exportTargetSchema } from '../../../schemas/index.js';
import { startReceiver } from '../lineage/receiver.js';
import { AT, february, MODEL, runFinished, runStarted } from '../lineage/story.js';
import { withDatabasePath, withOwner } from '../lineage/support.js';

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

it('triggers shows the ledger where Temporal does not answer, and says so', async () => {
  await withOwner(async (client, url) => {
    const event = { pipeline: 'flight-delays', id: 'e1', trigger: 'files', source: 'file' as const, subject: 'a.csv' };
    const ended = { ...event, receivedAt: AT, outcome: 'ignored' as const, runs: [], reason: 'it is another file' };
    await client.record([{ kind: 'trigger_event', key: 'inbox/e1', at: AT, event: ended }]);
    const options = ['triggers', 'flight-delays', '--address', '127.0.0.1:1'];
    const [words, json] = await Promise.all([millrace(url, ...options), millrace(url, ...options, '--json')]);
    expect(words.stdout).toMatch(/│ a.csv +│ ignored │ it is another file/);
    expect(words.stdout).toMatch(/1 ignored, unknown how many waiting\nproblem: TEMPORAL_UNREACHABLE: /);
    expect(JSON.parse(json.stdout)).toMatchObject({ waiting: null, watching: null, entries: [{ id: 'e1' }] });
    expect([words.code, json.code]).toEqual([0, 0]);
  });
});

it('lineage exports lists what a receiver refused, and sends it again, on the command line', async () => {
  const receiver = await startReceiver();
  receiver.answer = ({ eventType }) => (eventType === 'COMPLETE' ? 422 : 201);
  const main = exportTargetSchema.parse({ url: receiver.url });
  await withDatabasePath(async (databasePath) => {
    const owner = await startLineageOwner({ databasePath, exports: { main } });
    try {
      const client = createLineageClient({ url: owner.url });
      await client.record([runStarted('r', '2001-02-03'), runFinished('r')]);
      while ((await client.exports())[0]?.refused !== 1) await delay(10);
      const refused = await millrace(owner.url, 'lineage', 'exports', 'refused', 'main');
      expect(refused.stdout).toMatch(/│ COMPLETE +│ flight-delays +│ \S+ +│ 422 +│ no +│/);
      expect(refused.stdout).toContain('1 events were refused');
      const again = await millrace(owner.url, 'lineage', 'exports', 'resend', 'main');
      expect(again).toEqual({ code: 1, stdout: '0 events accepted, 1 refused again\n' });
      await receiver.close();
      const gone = await millrace(owner.url, 'lineage', 'exports', 'resend', 'main', '--json');
      expect([gone.code, JSON.parse(gone.stdout)]).toMatchObject([1, { accepted: 0, refused: 0, left: 1 }]);
      const nobody = await millrace(owner.url, 'lineage', 'exports', 'refused', 'nobody', '--json');
      expect([nobody.code, JSON.parse(nobody.stdout)]).toMatchObject([2, { error: { code: 'NOT_FOUND' } }]);
    } finally {
      await owner.close();
    }
  });
});
