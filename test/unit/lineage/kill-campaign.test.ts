import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openLineageStore } from '../../../engine/lineage/index.js';
import { withDatabasePath } from './support.js';

/** Two lanes on two cores, each with a database of its own: 200 kills in all. */
const LANES = 2;
const KILLS = 100;

const STORE = join(__dirname, '../../../dist/engine/lineage/lineage-store.js');

/**
 * Opens the store, says what it found, and records as fast as it can, four requests at a time; each acknowledgement is
 * one line. Some requests are large, so that kills fall into checkpoints too.
 */
const CHILD = `
const [, store, path, round] = process.argv;
const at = '2001-03-02T01:00:00.000Z';
require(store).openLineageStore({ path }).then(async (opened) => {
  const [found] = await opened.read('SELECT count(*) AS events, count(DISTINCT key) AS keys, coalesce(max(sequence), 0) AS last, ' +
    "(SELECT count(*) FROM steps) AS steps, (SELECT count(*) FROM steps WHERE step = 'a') AS halves FROM events");
  process.stdout.write(JSON.stringify(found) + '\\n');
  const step = (runId, name, summary) => ({ kind: 'step_finished', key: runId + '/' + name, at, runId, step: name, type: 'activity',
    status: 'succeeded', startedAt: at, summary, code: null, inputs: [], inputModels: [] });
  for (let lane = 0; lane < 4; lane += 1) (async () => {
    for (let count = 0; ; count += 1) {
      const runId = round + '-' + lane + '-' + count;
      const filler = lane === 0 ? 'x'.repeat(30000) : '';
      await opened.record([step(runId, 'a', filler), step(runId, 'b', '')]);
      process.stdout.write(runId + '\\n');
    }
  })();
});`;

interface Found {
  events: number;
  keys: number;
  last: number;
  steps: number;
  halves: number;
}

/**
 * Runs one owner until it is killed, some milliseconds after it was open, or had acknowledged something: on a slow machine hardly
 * anything is acknowledged in the former.
 */
async function life(
  path: string,
  round: number,
  { after, milliseconds }: { after: 'opening' | 'acknowledgement'; milliseconds: number },
): Promise<{ found: Found; acknowledged: string[] }> {
  const child = spawn(process.execPath, ['-e', CHILD, STORE, path, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const ended = once(child, 'close');
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (lines.push(line) === (after === 'opening' ? 1 : 2)) setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  await ended;
  const [found, ...acknowledged] = lines;
  return { found: JSON.parse(found ?? '{}') as Found, acknowledged };
}

it('a store that is killed 200 times at random has lost nothing that it acknowledged and doubled nothing', async () => {
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) =>
      withDatabasePath(async (path) => {
        const acknowledged: string[] = [];
        for (let round = 0; round < KILLS; round += 1) {
          // Mostly at once, sometimes later, so that kills fall between the log and the file as well.
          const milliseconds = Math.floor(Math.random() ** 3 * 40);
          const after = round % 2 === 0 ? 'opening' : 'acknowledgement';
          const { found, acknowledged: more } = await life(path, lane * KILLS + round, { after, milliseconds });
          // What was found is whole: no key twice, no number skipped, both records of each request, a projection of each.
          expect(found).toEqual({
            events: found.keys,
            keys: found.last,
            last: found.steps,
            steps: found.halves * 2,
            halves: expect.any(Number),
          });
          expect(found.events).toBeGreaterThanOrEqual(acknowledged.length * 2);
          acknowledged.push(...more);
        }
        const store = await openLineageStore({ path });
        const keys = new Set((await store.read<{ key: string }>('SELECT key FROM events')).map(({ key }) => key));
        expect(acknowledged.filter((runId) => !keys.has(`${runId}/a`) || !keys.has(`${runId}/b`))).toEqual([]);
        expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS / 2);
        await store.close();
      }),
    ),
  );
}, 600_000);
