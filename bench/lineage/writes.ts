import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { LineageRecord } from '../../schemas/index.js';

/** Records of one request: what a step leaves behind. */
const RECORDS = 4;
const SECONDS = 5;

/** One writer of one request; resolves when its events are durable. */
type Write = (client: number, count: number) => Promise<void>;

/** Requests that each client has under way at a time; what more than one means is said at `measureWrites`. */
const LOADS = [
  { clients: 1, inFlight: 1 },
  { clients: 8, inFlight: 1 },
  { clients: 64, inFlight: 1 },
  { clients: 8, inFlight: 16 },
];

/**
 * Events a second and latency of requests of four events each, what a step leaves behind, at 1, 8 and 64 clients: the
 * lineage owner in a process of its own over HTTP; SQLite (write-ahead log, synchronous=FULL) in one process, a transaction
 * a request, without HTTP; and plain INSERT statements into DuckDB, a transaction a request, without HTTP. All of them keep
 * what they acknowledged, and the latency is from the call to its acknowledgement.
 *
 * A client with one request under way waits for each before it makes the next, as a script does. One with 16 is what a
 * worker is, whose workflows record side by side: `createLineageClient` sends what waits in one message, and each request
 * is still committed and answered by itself. All clients are in the one process of the bench, on the same cores.
 */
export async function measureWrites(folder: string, say: (line: string) => void) {
  const figures = [];
  for (const { clients, inFlight } of LOADS) {
    for (const [system, open] of [
      ['millrace', openOwner],
      ['sqlite', openSqlite],
      ['duckdb', openDuckdb],
    ] as const) {
      const { write, close } = await open(join(folder, `${system}-${clients}-${inFlight}`), clients);
      try {
        const result = {
          system,
          clients,
          inFlight,
          eventsPerRequest: RECORDS,
          ...(await load(write, clients, inFlight)),
        };
        say(`writes: ${JSON.stringify(result)}`);
        figures.push(result);
      } finally {
        await close();
      }
    }
  }
  return figures;
}

async function load(write: Write, clients: number, inFlight: number) {
  for (let count = 0; count < 20; count += 1) await write(-1, count);
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: clients * inFlight }, async (_, client) => {
      for (let count = 0; performance.now() < end; count += 1) {
        const begun = performance.now();
        await write(client, count);
        latencies.push(performance.now() - begun);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) =>
    Math.round((latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? 0) * 100) / 100;
  return {
    eventsPerSecond: Math.round((latencies.length * RECORDS) / seconds),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

function records(client: number, count: number): LineageRecord[] {
  return Array.from({ length: RECORDS }, (_, index) => ({
    kind: 'step_finished',
    key: `run-${client}-${count}/step-${index}/end`,
    at: '2001-03-02T01:00:00.000Z',
    runId: `run-${client}-${count}`,
    step: `step-${index}`,
    type: 'transform',
    status: 'succeeded',
    startedAt: '2001-03-02T01:00:00.000Z',
    summary: '16500 rows, version 0123456789ab',
    code: null,
    inputs: [],
    inputModels: [],
  }));
}

async function openOwner(path: string, clients: number) {
  const script = `require(process.argv[1]).startLineageOwner({ databasePath: process.argv[2] }).then((o) => console.log(o.url))`;
  const room = join(__dirname, '../../dist/engine/lineage/index.js');
  const child = spawn(process.execPath, ['-e', script, room, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const lineage = Array.from({ length: clients }, () => createLineageClient({ url, timeoutMs: 60_000 }));
  const write: Write = async (number, count) => {
    await lineage[Math.abs(number) % clients]?.record(records(number, count));
  };
  return { write, close: () => ended(child) };
}

const SQLITE = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('PRAGMA journal_mode=WAL'); db.execute('PRAGMA synchronous=FULL')
db.execute('CREATE TABLE events (sequence INTEGER PRIMARY KEY, key TEXT UNIQUE, payload TEXT)')
for line in sys.stdin:
    db.execute('BEGIN IMMEDIATE')
    db.executemany('INSERT INTO events (key, payload) VALUES (?, ?)', [(r['key'], json.dumps(r)) for r in json.loads(line)])
    db.execute('COMMIT')
    print('ok', flush=True)
`;

/** Python's SQLite, because Node's own needs Node 22; requests go to it through a pipe, one transaction each, in turn. */
async function openSqlite(path: string) {
  const child = spawn('python3', ['-c', SQLITE, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: (() => void)[] = [];
  createInterface({ input: child.stdout }).on('line', () => waiting.shift()?.());
  const write: Write = (client, count) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${JSON.stringify(records(client, count))}\n`);
    });
  return {
    write,
    close: () => {
      child.stdin.end();
      return once(child, 'exit');
    },
  };
}

async function openDuckdb(path: string) {
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  await connection.run('CREATE TABLE events (key VARCHAR, payload JSON)');
  let last: Promise<void> = Promise.resolve();
  const insert = async (client: number, count: number) => {
    await connection.run('BEGIN');
    for (const record of records(client, count)) {
      await connection.run('INSERT INTO events VALUES ($1, $2)', [record.key, JSON.stringify(record)]);
    }
    await connection.run('COMMIT');
  };
  // One connection has one transaction at a time.
  const write: Write = (client, count) => (last = last.then(() => insert(client, count)));
  return {
    write,
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
