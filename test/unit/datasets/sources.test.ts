import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  RecordBatchStreamWriter,
  Table,
  tableToIPC,
  tableFromArrays,
  vectorFromArray,
  Utf8,
  Dictionary,
  Int32,
} from 'apache-arrow';
import { ingestPartition } from '../../../engine/datasets/index.js';
import { digestOf, sha256 } from '../../../engine/digest.js';
import { decompressLz4Frame } from '../../../engine/arrow-ipc/lz4-frame.js';
import { patternOf } from '../../../engine/datasets/sources/s3-source.js';
import { sourceName, sourceSchema } from '../../../schemas/index.js';
import { until } from '../../support/until.js';
import {
  ALL,
  FLIGHTS,
  ingestStep,
  openWorkbench,
  PENGUINS,
  refusal,
  rowsOf,
  WEATHER,
  type Workbench,
} from './workbench.js';

let bench: Workbench;
beforeEach(async () => (bench = await openWorkbench()));
afterEach(async () => {
  expect(await bench.leftovers()).toEqual([]);
  await bench.close();
});

const access = {
  secrets: { get: async (reference: string) => `Bearer ${reference.slice('secret:'.length)}` },
  s3: () => ({ region: 'us-east-1' }),
};
const ingest = (source: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  ingestPartition({ ...bench, access, ...(more['deps'] ?? {}) }, { step: ingestStep({ source }), window: ALL });

it('takes the files of its own partition where the path has its key, whatever the key looks like', async () => {
  for (const [key, id] of [
    ['2001-03-01', '1'],
    ['a*', '2'],
    ['ab', '3'],
  ] as const) {
    await mkdir(join(bench.projectDir, 'incoming', key), { recursive: true });
    await writeFile(join(bench.projectDir, 'incoming', key, 'part.csv'), `id\n${id}\n`);
  }
  for (const [key, id] of [
    ['2001-03-01', '1'],
    ['a*', '2'],
  ] as const) {
    const step = ingestStep({ source: { kind: 'csv', path: 'incoming/{partition}/*.csv' } });
    const { ref } = await ingestPartition({ ...bench, access }, { step, window: { key } });
    expect(await rowsOf(bench, ref)).toEqual([[id]]);
  }
});

describe('a source behind http', () => {
  let server: Server;
  let url: string;
  let requests: IncomingMessage[];
  let answer: (request: IncomingMessage, response: ServerResponse, count: number) => void;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => answer(request, response, requests.push(request)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives the version that the same file on the disk gives', async () => {
    const bytes = await readFile(WEATHER);
    answer = (_, response) => response.end(bytes);
    const local = await ingest({ kind: 'csv', path: WEATHER });
    const remote = await ingest({ kind: 'csv', path: `${url}/weather.csv?day=1` });
    expect(remote.ref).toEqual(local.ref);
    expect(remote.ref.rows).toBe(2922);
  });

  it('is taken up where the connection broke', async () => {
    const bytes = await readFile(WEATHER);
    const ranges: (string | undefined)[] = [];
    answer = ({ headers }, response, count) => {
      ranges.push(headers.range);
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, { etag: '"one"', 'content-length': bytes.length - start });
      // What the client has not looked at yet is lost with the connection, so it is given some time.
      if (count < 3)
        response.write(bytes.subarray(start, start + 30_000), () => setTimeout(() => response.destroy(), 200));
      else response.end(bytes.subarray(start));
    };
    const { ref } = await ingest({ kind: 'csv', path: `${url}/weather.csv` });
    expect(ref.rows).toBe(2922);
    expect(ranges[0]).toBeUndefined();
    expect(requests).toHaveLength(3);
    expect(Number(/\d+/.exec(ranges[2] ?? '')?.[0])).toBeGreaterThan(0);
  });

  describe('with a folder for what an attempt leaves', () => {
    const kept = () => join(bench.root, 'downloads');
    const attempt = (more: Record<string, unknown> = {}, name = 'weather.csv') =>
      ingest({ kind: 'csv', path: `${url}/${name}` }, { deps: { keptDir: kept(), ...more } });
    const startOf = ({ headers }: IncomingMessage) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    /** Answers the requests up to `whole` with half of the file, after which nothing comes any more. */
    const stalling = (bytes: Buffer, whole: number, etag = () => '"one"'): typeof answer => {
      return (request, response, count) => {
        const from = request.headers['if-range'] === etag() ? startOf(request) : 0;
        const total = bytes.length;
        if (from === total) {
          response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
          return;
        }
        const range = from > 0 && { 'content-range': `bytes ${from}-${total - 1}/${total}` };
        response.writeHead(from > 0 ? 206 : 200, { etag: etag(), 'content-length': total - from, ...range });
        if (count > whole) response.end(bytes.subarray(from));
        else response.write(bytes.subarray(from, total / 2));
      };
    };
    const half = (controller: AbortController) => ({
      signal: controller.signal,
      onProgress: (text: string) => /downloaded/.test(text) && setTimeout(() => controller.abort(), 200),
    });

    it('goes on in another attempt, and leaves nothing at the end', async () => {
      const bytes = await readFile(WEATHER);
      answer = stalling(bytes, 1);
      await expect(attempt(half(new AbortController()))).rejects.toThrow(/abort/);
      const said: string[] = [];
      const { ref } = await attempt({ onProgress: (text: string) => said.push(text) });
      expect(ref).toEqual((await ingest({ kind: 'csv', path: WEATHER })).ref);
      expect(requests.map(startOf)).toEqual([0, expect.any(Number)]);
      expect(startOf(requests[1] as IncomingMessage)).toBeGreaterThan(30_000);
      expect(said[0]).toMatch(/an earlier attempt left \d+ kB/);
      expect(await readdir(kept())).toEqual([]);
    });

    it.each([
      ['stands still', process.pid],
      ['stands still on another machine, where its process cannot be seen', 2 ** 30],
    ])('goes on beside an attempt that %s, and neither writes into the other’s file', async (_what, pid) => {
      const bytes = await readFile(WEATHER);
      let wake: ((rest: Buffer) => void) | undefined;
      answer = (request, response, count) => {
        stalling(bytes, 2)(request, response, count);
        if (count === 1) wake = (rest) => response.end(rest);
        // It wakes up while the other one has its file open.
        const wakeUp = () => {
          wake?.(Buffer.alloc(bytes.length - Math.floor(bytes.length / 2), 'x'));
          void still.then(() => response.end(bytes.subarray(startOf(request))));
        };
        if (count === 2) setTimeout(wakeUp, 200);
      };
      const still = attempt().then(
        (result) => result,
        (error: unknown) => error,
      );
      const note = await until(async () =>
        (await readdir(kept()).catch(() => [])).find((name) => name.endsWith('.json')),
      );
      const noted = JSON.parse(await readFile(join(kept(), note), 'utf8')) as object;
      await writeFile(join(kept(), note), JSON.stringify({ ...noted, pid }));
      const second = await attempt();
      expect(startOf(requests[1] as IncomingMessage)).toBeGreaterThan(30_000);
      expect(second.ref).toEqual((await ingest({ kind: 'csv', path: WEATHER })).ref);
    });

    it('begins again where the file was exchanged, or what is there is not what was noted', async () => {
      const bytes = await readFile(WEATHER);
      let etag = '"one"';
      answer = stalling(bytes, 1, () => etag);
      await expect(attempt(half(new AbortController()))).rejects.toThrow(/abort/);
      etag = '"two"';
      answer = stalling(Buffer.from('a,b\n1,2\n'), 0, () => etag);
      expect((await attempt()).ref.rows).toBe(1);

      answer = stalling(bytes, requests.length + 1, () => etag);
      await expect(attempt(half(new AbortController()))).rejects.toThrow(/abort/);
      const [part = ''] = (await readdir(kept())).filter((name) => name.endsWith('.part'));
      const damaged = await readFile(join(kept(), part));
      damaged[100] = 0;
      await writeFile(join(kept(), part), damaged);
      expect((await attempt()).ref.rows).toBe(2922);
      expect(startOf(requests.at(-1) as IncomingMessage)).toBe(0);
    });

    it('asks for nothing more where all had arrived', async () => {
      const bytes = await readFile(WEATHER);
      answer = stalling(bytes, 0);
      const key = digestOf(['http', `${url}/weather.csv`, undefined]).slice(0, 32);
      await mkdir(kept());
      await writeFile(join(kept(), `${key}-a.part`), bytes);
      const note = { done: bytes.length, validator: '"one"', sha256: sha256(bytes), pid: null };
      await writeFile(join(kept(), `${key}-a.json`), JSON.stringify(note));
      await writeFile(join(kept(), `${key}-b.json`), '{"done":');
      await writeFile(join(kept(), 'forgotten.part'), '');
      await utimes(join(kept(), 'forgotten.part'), 1, 1);
      expect((await attempt()).ref.rows).toBe(2922);
      expect(requests).toHaveLength(1);
      expect(await readdir(kept())).toEqual([`${key}-b.json`]);
    });
  });

  it('is begun again when the file was exchanged meanwhile', async () => {
    const bytes = await readFile(WEATHER);
    answer = (_, response, count) => {
      response.writeHead(200, { etag: `"${count}"` });
      if (count === 1) response.write(Buffer.alloc(100_000, 'x'), () => response.destroy());
      else response.end(bytes);
    };
    expect((await ingest({ kind: 'csv', path: `${url}/weather.csv` })).ref.rows).toBe(2922);
  });

  it('is asked with the header that the secret stands for, which is in no message', async () => {
    answer = ({ headers }, response) => {
      response.statusCode = headers.authorization === 'Bearer weather-token' ? 200 : 403;
      response.end('a,b\n1,2\n');
    };
    const path = `${url}/a.csv`;
    await expect(ingest({ kind: 'csv', path, authorization: 'secret:weather-token' })).resolves.toMatchObject({
      ref: { rows: 1 },
    });
    expect(await refusal(ingest({ kind: 'csv', path, authorization: 'secret:other' }))).toMatchObject({
      code: 'SOURCE_DENIED',
      message: `${path} answers 403 Forbidden`,
    });
  });

  it.each([
    [404, 'SOURCE_NOT_FOUND'],
    [410, 'SOURCE_NOT_FOUND'],
    [401, 'SOURCE_DENIED'],
    [400, 'SOURCE_UNREADABLE'],
  ])('is refused at once when it answers %s', async (status, code) => {
    answer = (_, response) => response.writeHead(status).end('no');
    expect(await refusal(ingest({ kind: 'csv', path: `${url}/a.csv` }))).toMatchObject({ code });
    expect(requests).toHaveLength(1);
  });

  it('is asked again when it is too busy, and empty when it sends nothing', async () => {
    answer = (_, response, count) => response.writeHead(count === 1 ? 503 : 200).end('');
    expect(await refusal(ingest({ kind: 'csv', path: `${url}/a.csv` }))).toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(requests).toHaveLength(2);
  });

  /** Sends what is asked for, up to `most` bytes at a time, and then breaks the connection. */
  const breaking = (bytes: Buffer, most: number, headers: Record<string, string>): typeof answer => {
    return (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': bytes.length - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
        ...headers,
      });
      if (start + most >= bytes.length) response.end(bytes.subarray(start));
      else response.write(bytes.subarray(start, start + most), () => setTimeout(() => response.destroy(), 30));
    };
  };

  it('is taken up as often as it breaks, as long as each request brings something', async () => {
    const bytes = await readFile(WEATHER);
    answer = breaking(bytes, 15_000, { etag: '"one"' });
    const local = await ingest({ kind: 'csv', path: WEATHER });
    const remote = await ingest({ kind: 'csv', path: `${url}/weather.csv` });
    expect(remote.ref).toEqual(local.ref);
    expect(requests.length).toBeGreaterThan(6);
  }, 60_000);

  it('is taken up by the time of its last change where it has no ETag', async () => {
    const bytes = await readFile(WEATHER);
    answer = breaking(bytes, 100_000, { 'last-modified': 'Mon, 01 Jan 2001 00:00:00 GMT' });
    expect((await ingest({ kind: 'csv', path: `${url}/weather.csv` })).ref.rows).toBe(2922);
    expect(requests[1]?.headers).toMatchObject({ 'if-range': 'Mon, 01 Jan 2001 00:00:00 GMT' });
    expect(requests[1]?.headers.range).toBeDefined();
  });

  it.each([
    ['bytes of another state of the file', { etag: '"two"' }, (start: number) => start],
    ['other bytes than were asked for', { etag: '"one"' }, (start: number) => start - 1000],
  ])('is begun again when the server answers with %s', async (_, headers, from) => {
    const bytes = await readFile(WEATHER);
    const wrong = Buffer.alloc(bytes.length, 'x');
    answer = (request, response, count) => {
      if (count === 1) return breaking(wrong, 100_000, { etag: '"one"' })(request, response, count);
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (start === 0) return response.writeHead(200, headers).end(bytes);
      const range = `bytes ${from(start)}-${bytes.length - 1}/${bytes.length}`;
      return response.writeHead(206, { ...headers, 'content-range': range }).end(bytes.subarray(from(start)));
    };
    const local = await ingest({ kind: 'csv', path: WEATHER });
    expect((await ingest({ kind: 'csv', path: `${url}/weather.csv` })).ref).toEqual(local.ref);
    expect(requests).toHaveLength(3);
  });

  it('is begun again when the file has become shorter than what is there of it', async () => {
    const bytes = await readFile(WEATHER);
    answer = (request, response, count) => {
      if (count === 1) breaking(Buffer.alloc(900_000, 'x'), 800_000, { etag: '"one"' })(request, response, count);
      else if (request.headers.range !== undefined) response.writeHead(416).end();
      else response.end(bytes);
    };
    expect((await ingest({ kind: 'csv', path: `${url}/weather.csv` })).ref.rows).toBe(2922);
  });

  it('may be packed for the way, or at its place, or both, whatever its address says', async () => {
    const plain = Buffer.from('a,b\n1,2\n');
    const packed = gzipSync(plain);
    expect(packed.length).toBeGreaterThan(plain.length);
    const versions: string[] = [];
    for (const [path, body, encoding] of [
      ['plain.csv', plain, undefined],
      ['packed-on-the-way.csv', packed, 'gzip'],
      ['unpacked-on-the-way.csv.gz', packed, 'gzip'],
      ['packed.csv.gz', packed, undefined],
      ['packed-without-an-ending', packed, undefined],
      ['packed-twice.csv.gz', gzipSync(packed), 'gzip'],
    ] as const) {
      answer = (_, response) => {
        response.writeHead(200, { 'content-length': body.length, ...(encoding && { 'content-encoding': encoding }) });
        response.end(body);
      };
      const { ref } = await ingest({ kind: 'csv', path: `${url}/${path}` });
      versions.push(ref.version);
    }
    expect(new Set(versions).size).toBe(1);
  });

  it('is begun again, not taken up, where it was packed for the way and the connection broke', async () => {
    const bytes = await readFile(WEATHER);
    const packed = gzipSync(bytes);
    answer = (_, response, count) => {
      response.writeHead(200, { etag: '"one"', 'content-length': packed.length, 'content-encoding': 'gzip' });
      if (count === 1) response.write(packed.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 50));
      else response.end(packed);
    };
    expect((await ingest({ kind: 'csv', path: `${url}/weather.csv` })).ref.rows).toBe(2922);
    expect(requests[1]?.headers.range).toBeUndefined();
  });

  it('may be somewhere else, which is not told the header of the place that it was asked at', async () => {
    let told: string | undefined = 'nothing yet';
    const other = createServer((request, response) => {
      told = request.headers.authorization;
      response.end('a,b\n1,2\n');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}/b.csv`;
    answer = (_, response) => response.writeHead(302, { location: there }).end();
    try {
      const source = { kind: 'csv', path: `${url}/a.csv`, authorization: 'secret:weather-token' };
      expect((await ingest(source)).ref.rows).toBe(1);
      expect(told).toBeUndefined();
    } finally {
      other.close();
    }
  });

  it.each([
    ['in a circle', '/a.csv', 'redirect count exceeded'],
    ['to what is no HTTP', 'file:///etc/passwd', 'URL scheme must be'],
  ])('is unreadable when it leads %s, and is not asked again for that', async (_, location, told) => {
    answer = (_request, response) => response.writeHead(302, { location }).end();
    const refused = await refusal(ingest({ kind: 'csv', path: `${url}/a.csv` }));
    expect(refused).toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining(told) });
    expect(requests.length).toBeLessThan(30);
  });

  it.each([300, 304])('is unreadable when it answers %s', async (status) => {
    answer = (_, response) => response.writeHead(status).end();
    const refused = await refusal(ingest({ kind: 'csv', path: `${url}/a.csv` }));
    expect(refused).toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining(String(status)) });
  });

  it.each([
    ['<!DOCTYPE html>\n<html lang="en"><head>\n<title>\nLog in\n</title></head></html>', ' with the title "Log in"'],
    ['\uFEFF\n<!-- v2 -->\n<HTML><body>Moved</body></HTML>', ''],
  ])('is unreadable when it is a page of the web, whatever type it is said to have', async (page, title) => {
    answer = (_, response) => response.setHeader('content-type', 'text/csv').end(page);
    const path = `${url}/a.csv`;
    expect(await refusal(ingest({ kind: 'csv', path }))).toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: `${path} is an HTML page${title}, not data`,
    });
    answer = (_, response) => response.setHeader('content-type', 'text/html').end('<html-id>,b\n1,2\n');
    expect((await ingest({ kind: 'csv', path })).ref.rows).toBe(1);
  });

  it('is given up when the signal says so', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.write('a,b\n');
      controller.abort(new Error('enough'));
    };
    const deps = { signal: controller.signal };
    await expect(ingest({ kind: 'csv', path: `${url}/a.csv` }, { deps })).rejects.toThrow('enough');
  });
});

describe('a source of Arrow', () => {
  const table = () =>
    new Table({
      id: vectorFromArray([1, 2, null, 4], new Int32()),
      airport: vectorFromArray(['ABQ', 'ABQ', 'JFK', null], new Dictionary(new Utf8(), new Int32())),
      delay: vectorFromArray([1.5, -2, 0, 3]),
      at: vectorFromArray([0, 86_400_000, 1, 2].map((ms) => new Date(ms))),
    });

  it.each(['stream', 'file'] as const)('is read as a %s, with its types and nulls', async (format) => {
    await writeFile(join(bench.root, 'a.arrow'), tableToIPC(table(), format));
    const { ref, columns } = await ingest({ kind: 'arrow', path: 'a.arrow' });
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id INTEGER',
      'airport VARCHAR',
      'delay DOUBLE',
      'at TIMESTAMP',
    ]);
    const rows = await rowsOf(bench, ref, 'id, airport, delay');
    expect(rows).toEqual([
      [1, 'ABQ', 1.5],
      [2, 'ABQ', -2],
      [null, 'JFK', 0],
      [4, null, 3],
    ]);
  });

  it('keeps the order of many small batches and of several files', async () => {
    const count = 300_000;
    const writer = new RecordBatchStreamWriter();
    for (let start = 0; start < count; start += 1_000) {
      const batch = tableFromArrays({ n: Int32Array.from({ length: 1_000 }, (_, index) => start + index) });
      for (const one of batch.batches) writer.write(one);
    }
    writer.close();
    await writeFile(join(bench.root, '1.arrow'), await writer.toUint8Array());
    await writeFile(join(bench.root, '2.arrow'), tableToIPC(tableFromArrays({ n: Int32Array.of(count) }), 'file'));
    const { ref } = await ingest({ kind: 'arrow', path: '*.arrow' });
    expect(ref.rows).toBe(count + 1);
    const found = (await rowsOf(bench, ref, 'n')).map(([n]) => n);
    expect(found.findIndex((n, index) => n !== index)).toBe(-1);
  });

  // Written by pyarrow’s feather.write_feather: 300 rows of n = 0, 1, … and s = 'airport ' || n % 7.
  it.each(['lz4', 'zstd'])('is read when pyarrow compressed it with %s', async (codec) => {
    const { ref } = await ingest({ kind: 'arrow', path: join(__dirname, 'fixtures', `feather-${codec}.arrow`) });
    const rows = Array.from({ length: 300 }, (_, n) => [String(n), `airport ${n % 7}`]);
    expect(await rowsOf(bench, ref)).toEqual(rows);
  });

  it.each([
    ['what is no frame', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['a frame that is cut off', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 200, 0, 0, 0, 1]],
    ['a match before the beginning', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 4, 0, 0, 0, 0x10, 65, 9, 0, 0, 0, 0, 0]],
  ])('is not taken for LZ4 when it is %s', (_, bytes) => {
    expect(() => decompressLz4Frame(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it('is unreadable when it is something else or cut off', async () => {
    await writeFile(join(bench.root, 'a.arrow'), 'no arrow at all, but long enough to be looked at');
    expect(await refusal(ingest({ kind: 'arrow', path: 'a.arrow' }))).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    const whole = tableToIPC(table(), 'stream');
    await writeFile(join(bench.root, 'b.arrow'), whole.subarray(0, whole.length - 200));
    expect(await refusal(ingest({ kind: 'arrow', path: 'b.arrow' }))).toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

describe('a source that a command writes', () => {
  const node = (script: string, more: Record<string, unknown> = {}) => ({
    kind: 'command',
    command: [process.execPath, '-e', script],
    format: 'json',
    ...more,
  });

  it.each([
    ['parquet', FLIGHTS, 3_000_000],
    ['csv', WEATHER, 2_922],
    ['json', PENGUINS, 344],
  ])('is the version that its output in a file is: %s', async (format, file, rows) => {
    const { ref } = await ingest({ kind: 'command', command: ['cat', file], format });
    expect(ref.rows).toBe(rows);
    if (format !== 'parquet') expect(ref).toEqual((await ingest({ kind: format, path: file })).ref);
  });

  it('is told its partition and what a reference stands for, and none of the secrets of others', async () => {
    process.env['MILLRACE_SECRET_OTHER'] = 'hidden';
    const env = { TOKEN: 'secret:feed', PLAIN: 'x' };
    const script = `const e = process.env; console.log(JSON.stringify({ key: e.MILLRACE_PARTITION_KEY, token: e.TOKEN, plain: e.PLAIN, other: e.MILLRACE_SECRET_OTHER ?? 'none' }))`;
    try {
      const { ref } = await ingest(node(script, { env }));
      expect(await rowsOf(bench, ref)).toEqual([['all', 'Bearer feed', 'x', 'none']]);
    } finally {
      delete process.env['MILLRACE_SECRET_OTHER'];
    }
  });

  it.each([
    [
      'exits with an error',
      node('console.error("the feed is closed"); process.exit(3)'),
      'COMMAND_FAILED',
      /code 3:\nthe feed is closed/,
    ],
    ['is killed', node('process.kill(process.pid, "SIGKILL")'), 'COMMAND_FAILED', /was ended by SIGKILL/],
    [
      'is not there',
      { kind: 'command', command: ['no-such-program'], format: 'json' },
      'COMMAND_FAILED',
      /cannot be started/,
    ],
    ['writes nothing', node(''), 'SOURCE_EMPTY', /wrote nothing/],
    ['writes another format', node('console.log("{")'), 'SOURCE_UNREADABLE', /as json/],
  ])('is refused when it %s', async (_, source, code, message) => {
    expect(await refusal(ingest(source))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is ended with the signal', async () => {
    const controller = new AbortController();
    const script = 'console.log("{}"); setInterval(() => {}, 1000)';
    const deps = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(ingest(node(script), { deps })).rejects.toThrow('enough');
  });
});

describe('the name of a source', () => {
  it.each([
    [{ kind: 'csv', path: 's3://bucket/*.csv' }, 's3://bucket/*.csv'],
    [
      { kind: 'postgres', connection: 'secret:warehouse', table: 'public.flights' },
      'postgres:warehouse/public.flights',
    ],
    [{ kind: 'postgres', connection: 'secret:warehouse', query: 'SELECT 1' }, 'postgres:warehouse/query'],
    [{ kind: 'command', command: ['curl', 'x'], format: 'csv' }, 'command:curl x'],
  ])('of %j is %s', (source, name) => {
    expect(sourceName(sourceSchema.parse(source))).toBe(name);
  });

  it.each([
    ['a secret itself', { kind: 'postgres', connection: 'postgresql://u:p@h/d', table: 'a' }],
    ['a table and a query', { kind: 'postgres', connection: 'secret:a', table: 'a', query: 'SELECT 1' }],
    ['neither', { kind: 'postgres', connection: 'secret:a' }],
    ['no program', { kind: 'command', command: [], format: 'csv' }],
  ])('is not asked for with %s', (_, source) => {
    expect(sourceSchema.safeParse(source).success).toBe(false);
  });
});

describe('a glob of keys', () => {
  it.each([
    ['a/*.csv', ['a/1.csv', 'a/.csv'], ['a/b/1.csv', 'a/1xcsv', 'b/1.csv']],
    ['a/**/x', ['a/x', 'a/b/x', 'a/b/c/x'], ['ax', 'a/xy']],
    ['a?c', ['abc'], ['a/c', 'ac']],
    ['[ab]-[!0-9]', ['a-x', 'b-y'], ['c-x', 'a-1']],
    ['(a+|$', ['(a+|$'], ['aa']],
  ])('%s matches as in a folder', (glob, matching, others) => {
    const pattern = new RegExp(`^(?:${patternOf(glob).replaceAll('\\Q', '').replaceAll('\\E', '')})$`);
    expect(matching.filter((key) => !pattern.test(key))).toEqual([]);
    expect(others.filter((key) => pattern.test(key))).toEqual([]);
  });
});
