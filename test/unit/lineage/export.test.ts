import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { digestOf } from '../../../engine/digest.js';
import { meaningOf, pauseMs } from '../../../engine/lineage/export/answers.js';
import { runEvents } from '../../../engine/lineage/openlineage/run-events.js';
import { createLineageClient, startLineageOwner, type LineageClient } from '../../../engine/lineage/index.js';
import { exportTargetSchema, type LineageRecord, type OpenLineageRunEvent } from '../../../schemas/index.js';
import { specificationProblems } from '../../support/openlineage-spec.js';
import { killOwner, spawnOwner } from './owner-process.js';
import { startReceiver, type Receiver } from './receiver.js';
import { datasetVersion, datasetRef, february, runFinished, runStarted, stepFinished } from './story.js';
import { withDatabasePath } from './support.js';
import { until } from '../../support/until.js';

/** Events of records, by run. */
function eventsOf(records: readonly LineageRecord[]): Map<string, OpenLineageRunEvent[]> {
  const runs = new Map<string, LineageRecord[]>();
  for (const record of records) {
    if (!('runId' in record) || record.runId === undefined) continue;
    runs.set(record.runId, [...(runs.get(record.runId) ?? []), record]);
  }
  return new Map([...runs].map(([runId, own]) => [runId, runEvents(own)]));
}

const text = (event: OpenLineageRunEvent) => `${event.eventType} ${event.job.name} ${digestOf(event)}`;

/** Each run's events came in their order; what came twice is left out. */
function expectAll(taken: readonly OpenLineageRunEvent[], records: readonly LineageRecord[]): void {
  const unique = [...new Set(taken.map(text))];
  const wanted = [...eventsOf(records).values()];
  expect(unique).toHaveLength(wanted.flat().length);
  for (const events of wanted) {
    const own = new Set(events.map(text));
    expect(unique.filter((one) => own.has(one))).toEqual(events.map(text));
  }
}

const night = (runId: string): LineageRecord[] => [
  runStarted(runId, runId),
  datasetVersion(runId, datasetRef(runId)),
  stepFinished(runId, 'raw', 'ingest', []),
  runFinished(runId),
];

describe('an export of OpenLineage events', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  async function withExport(
    target: object,
    work: (client: LineageClient, path: string) => Promise<void>,
    secret?: (reference: string) => Promise<string>,
  ): Promise<void> {
    await withDatabasePath(async (databasePath) => {
      const main = exportTargetSchema.parse({ url: receiver.url, ...target });
      const owner = await startLineageOwner({ databasePath, exports: { main }, ...(secret && { secret }) });
      try {
        await work(createLineageClient({ url: owner.url }), databasePath);
      } finally {
        await owner.close();
      }
    });
  }

  const upToDate = (client: LineageClient) => async () => (await client.exports())[0]?.state === 'up_to_date';

  it('tells all, in the order of each run, to a receiver that fails, hangs, hangs up and is busy', async () => {
    const failures = [500, 'hang up', 503, 429, 404, 'hang'] as const;
    receiver.answer = (_, request) => (request % 5 === 0 && request < 140 ? (failures[(request / 5) % 6] ?? 500) : 201);
    await withExport({ timeoutSeconds: 0.2 }, async (client) => {
      await client.record(february());
      await until(upToDate(client));
      expectAll(receiver.taken, february());
      expect(receiver.taken.flatMap(specificationProblems)).toEqual([]);
      expect(receiver.requests).toBeGreaterThan(receiver.taken.length);
      expect(await client.exports()).toMatchObject([{ name: 'main', behind: 0, refused: 0, lastError: null }]);
    });
  });

  it('puts aside what the receiver refuses, and goes on', async () => {
    receiver.answer = ({ eventType, job }) => (eventType === 'COMPLETE' && job.name.endsWith('.train') ? 400 : 201);
    await withExport({}, async (client, path) => {
      await client.record(february());
      await until(upToDate(client));
      const [status] = await client.exports();
      expect(status).toMatchObject({ refused: 1, deadLetters: `${path}.export/main.dead-letters.ndjson` });
      const lines = (await readFile(status?.deadLetters ?? '', 'utf8')).trimEnd().split('\n');
      const letters = lines.map((line) => JSON.parse(line) as { event: OpenLineageRunEvent });
      expect(letters).toMatchObject([{ status: 400, answer: 'no', event: { job: { name: 'flight-delays.train' } } }]);
      expectAll(
        [...receiver.taken.slice(0, -2), ...letters.map(({ event }) => event), ...receiver.taken.slice(-2)],
        february(),
      );
    });
  });

  it('lists what was refused by pages, and sends it again when it is asked to', async () => {
    receiver.answer = ({ eventType }) => (eventType === 'COMPLETE' ? 422 : 201);
    await withExport({}, async (client) => {
      await client.record([...night('a'), ...night('b')]);
      await until(upToDate(client));
      const first = await client.deadLetters('main', { limit: 3 });
      expect(first).toMatchObject({
        total: 4,
        letters: [{ status: 422, eventType: 'COMPLETE', answer: 'no' }, {}, {}],
      });
      const rest = await client.deadLetters('main', { limit: 3, after: first.next ?? '' });
      expect(rest).toMatchObject({ total: 4, letters: [{}], next: null });
      expect(new Set([...first.letters, ...rest.letters].map(({ runId, job }) => `${runId} ${job}`)).size).toBe(4);

      // Refused again, it is put aside again; without an answer, it waits.
      expect(await client.resend('main', { limit: 1 })).toEqual({ accepted: 0, refused: 1, left: 3, stopped: null });
      expect((await client.deadLetters('main')).total).toBe(4);
      expect(await client.exports()).toMatchObject([{ refused: 4 }]);
      receiver.answer = () => 'hang up';
      const waits = await client.resend('main');
      expect(waits).toMatchObject({ accepted: 0, refused: 0, left: 3 });
      expect(waits.stopped).toBeTruthy();
      receiver.answer = () => 201;
      expect(await client.resend('main')).toEqual({ accepted: 3, refused: 0, left: 0, stopped: null });
      expect(await client.exports()).toMatchObject([{ refused: 1 }]);
      expect(await client.resend('main')).toEqual({ accepted: 1, refused: 0, left: 0, stopped: null });
      expect(await client.exports()).toMatchObject([{ refused: 0 }]);
      expect(await client.deadLetters('main')).toEqual({ total: 0, letters: [], next: null });
      const all = [...eventsOf([...night('a'), ...night('b')]).values()].flat();
      expect(receiver.taken.map(text).sort()).toEqual(all.map(text).sort());
      await expect(client.deadLetters('other')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  it('puts an event aside that is answered with a server error for too long', async () => {
    receiver.answer = ({ eventType }) => (eventType === 'COMPLETE' ? 500 : 201);
    await withExport({ giveUpAfterSeconds: 0.3 }, async (client) => {
      await client.record(night('r'));
      await until(upToDate(client));
      expect(await client.exports()).toMatchObject([{ refused: 2 }]);
      expect(receiver.taken.map(({ eventType }) => eventType)).toEqual(['START', 'START']);
    });
  });

  it('waits for a receiver that is not there, says so, and loses nothing when the owner is killed meanwhile', async () => {
    const { url } = receiver;
    await receiver.close();
    await withDatabasePath(async (path) => {
      const exports = { main: exportTargetSchema.parse({ url }) };
      const recorded: LineageRecord[] = [];
      for (let round = 0; round < 4; round += 1) {
        const owner = await spawnOwner(path, { exports });
        const client = createLineageClient({ url: owner.url });
        const records = Array.from({ length: 20 }, (_, index) => night(`night-${round}-${index}`)).flat();
        await client.record(records);
        recorded.push(...records);
        if (round === 0) {
          await until(async () => (await client.exports())[0]?.state === 'waiting');
          expect((await client.exports())[0]?.lastError?.message).toMatch(/ECONNREFUSED/);
        } else {
          const before = receiver.taken.length;
          await until(() => receiver.taken.length > before + 10); // killed in the middle of it
        }
        await killOwner(owner.child);
        if (round === 0) receiver = await startReceiver(Number(new URL(url).port));
      }
      const owner = await spawnOwner(path, { exports });
      await until(upToDate(createLineageClient({ url: owner.url })));
      await killOwner(owner.child);
      expectAll(receiver.taken, recorded);
    });
  });

  it('begins where it is told to, and goes on from there after a restart', async () => {
    await withDatabasePath(async (databasePath) => {
      const exports = { main: exportTargetSchema.parse({ url: receiver.url, from: 'now' }) };
      const during = async (options: object, records: LineageRecord[]) => {
        const owner = await startLineageOwner({ databasePath, ...options });
        try {
          const client = createLineageClient({ url: owner.url });
          if (records.length > 0) await client.record(records);
          if ('exports' in options) await until(upToDate(client));
        } finally {
          await owner.close();
        }
      };
      await during({}, night('before'));
      await during({ exports }, []);
      await during({ exports }, night('first'));
      await during({}, night('while it was off'));
      await during({ exports }, night('last'));
      expectAll(receiver.taken, [...night('first'), ...night('while it was off'), ...night('last')]);
      expect(receiver.taken).toHaveLength(12);
    });
  });

  it('sends the token that the reference stands for, and waits while there is none', async () => {
    let known = false;
    const secret = async (reference: string) => {
      if (!known) throw new Error(`${reference} is not set`);
      return 'hunter2';
    };
    const check = async (client: LineageClient) => {
      await client.record(night('r'));
      await until(async () => (await client.exports())[0]?.state === 'waiting');
      expect((await client.exports())[0]?.lastError?.message).toBe('secret:marquez is not set');
      known = true;
      await until(upToDate(client));
      expect(receiver.headers.authorization).toBe('Bearer hunter2');
      expect(receiver.taken).toHaveLength(4);
    };
    await withExport({ token: 'secret:marquez' }, check, secret);
  });
});

describe('an answer', () => {
  it.each([
    [200, 'accepted'],
    [201, 'accepted'],
    [302, 'later'],
    [400, 'refused'],
    [401, 'later'],
    [404, 'later'],
    [413, 'refused'],
    [422, 'refused'],
    [429, 'later'],
    [500, 'server_error'],
    [503, 'later'],
  ])('of status %d is %s', (status, meaning) => expect(meaningOf(status)).toBe(meaning));

  it('that failed is asked for again after a pause that grows, and has its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
        const pause = pauseMs(n, random);
        expect(pause).toBeGreaterThanOrEqual(20);
        expect(pause).toBeLessThanOrEqual(30_000);
        expect(pauseMs(n + 1, random)).toBeGreaterThanOrEqual(pause);
        expect(pauseMs(n, random, 5000)).toBeGreaterThanOrEqual(5000);
      }),
    );
  });
});
