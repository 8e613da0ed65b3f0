import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  createS3ObjectStore,
  ingestPartition,
  objectKey,
  sourceAccess,
  type ObjectStore,
} from '../../engine/datasets/index.js';
import { sha256 } from '../../engine/digest.js';
import { openStore } from '../../workers/stores.js';
import { configSchema } from '../../schemas/index.js';
import { startSeaweedFs, type S3Server } from '../support/seaweedfs.js';
import { describeObjectStore } from '../unit/datasets/object-store-contract.js';
import { ALL, ingestStep, openWorkbench, refusal, rowsOf, type Workbench } from '../unit/datasets/workbench.js';
import { until } from '../support/until.js';

const BUCKET = 'millrace';
const MIB = 1024 ** 2;

let server: S3Server;
let client: S3Client;
let folder: string;

beforeAll(async () => {
  server = await startSeaweedFs();
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  folder = await mkdtemp(join(tmpdir(), 's3-store-'));
}, 400_000);

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function storeUnder(prefix: string, cacheFolder: string, more: { limitBytes?: number; keepMs?: number } = {}) {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  return createS3ObjectStore({
    name: 'default',
    bucket: BUCKET,
    prefix,
    endpoint,
    region: 'us-east-1',
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    cache: { folder: cacheFolder, limitBytes: 1024 ** 3, ...more },
    partBytes: 5 * MIB,
  });
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { digest } of store.objects()) keys.push(objectKey(digest));
  return keys;
}

/** Files of a cache, without those that are under way. */
async function cachedIn(cache: string): Promise<string[]> {
  const found = await readdir(cache, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

describeObjectStore('a bucket', async () => {
  const prefix = `${randomUUID()}/`;
  const caches = [join(folder, randomUUID()), join(folder, randomUUID())] as const;
  const store = storeUnder(prefix, caches[0]);
  return {
    store,
    another: storeUnder(prefix, caches[1]),
    async corrupt(digest, bytes) {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}${objectKey(digest)}`, Body: bytes }));
      for (const path of [...(await cachedIn(caches[0])), ...(await cachedIn(caches[1]))]) {
        await chmod(path, 0o644);
        await writeFile(path, bytes);
      }
    },
    keys: () => keysOf(store),
    close: async () => undefined,
  };
});

describe('createS3ObjectStore', () => {
  let prefix: string;
  let cache: string;
  beforeEach(() => {
    prefix = `${randomUUID()}/`;
    cache = join(folder, randomUUID());
  });

  /** A file of so many MiB, no two parts alike. */
  async function bigFile(mib: number): Promise<{ path: string; digest: string }> {
    const path = join(folder, randomUUID());
    const bytes = Buffer.alloc(mib * MIB);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
    await writeFile(path, bytes);
    return { path, digest: sha256(bytes) };
  }

  it('puts a large file in parts, also when two writers do so at once, and gives back the same bytes', async () => {
    const { path, digest } = await bigFile(23);
    const [one, two] = await Promise.all([
      storeUnder(prefix, cache).putFile(path),
      storeUnder(prefix, cache).putFile(path),
    ]);
    expect(one).toEqual(two);
    expect(one).toMatchObject({ digest, bytes: 23 * MIB });
    const store = storeUnder(prefix, cache);
    expect(sha256(await store.read(one.uri))).toBe(digest);
    expect((await stat(await store.localPath(one.uri))).size).toBe(23 * MIB);
    expect(await keysOf(store)).toEqual([objectKey(digest)]);
    expect(await store.removeUnfinished(new Date(Date.now() + 60_000), true)).toBe(0);
  });

  it('shows nothing of a large file whose server was killed half-way, and has it whole once the server is back', async () => {
    const { path, digest } = await bigFile(48);
    const store = storeUnder(prefix, cache);
    const putting = store.putFile(path).then(
      (stored) => stored.digest,
      (error: { code: string }) => error.code,
    );
    await until(async () => (await store.removeUnfinished(new Date(Date.now() + 60_000), true)) > 0, { everyMs: 10 });
    await server.kill();
    await pause(300);
    await server.start();
    // The SDK tries again for some seconds: either it got through, or the activity would be tried again.
    expect([digest, 'STORE_UNAVAILABLE']).toContain(await putting);
    for (const key of await keysOf(store)) expect(key).toBe(objectKey(digest));
    const { uri } = await store.putFile(path);
    expect(sha256(await storeUnder(prefix, cache).read(uri))).toBe(digest);
    await store.removeUnfinished(new Date(Date.now() + 60_000), false);
    expect(await store.removeUnfinished(new Date(Date.now() + 60_000), true)).toBe(0);
  });

  it('refuses a file that changes while it is stored', async () => {
    const { path } = await bigFile(48);
    const store = storeUnder(prefix, cache);
    const refused = expect(store.putFile(path)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    await until(async () => (await store.removeUnfinished(new Date(Date.now() + 60_000), true)) > 0, { everyMs: 1 });
    const handle = await open(path, 'r+');
    await handle.write(Buffer.from('changed'), 0, 7, 48 * MIB - 7);
    await handle.close();
    await refused;
    expect(await keysOf(store)).toEqual([]);
  });

  it('keeps local copies up to a size: the least recently used go, and come back when they are asked for', async () => {
    const store = storeUnder(prefix, cache, { limitBytes: 250, keepMs: 0 });
    const uris: string[] = [];
    for (const letter of 'abcd') {
      const { uri } = await store.putBytes(Buffer.alloc(100, letter));
      await store.localPath(uri);
      // The last time of use is what decides, so it must differ.
      await pause(20);
      uris.push(uri);
    }
    expect(await cachedIn(cache)).toHaveLength(2);
    await expect(stat(await store.localPath(uris[0] ?? ''))).resolves.toMatchObject({ size: 100 });
    expect(await cachedIn(cache)).toHaveLength(2);
  });

  it('keeps a copy over the size while it may still be read', async () => {
    const store = storeUnder(prefix, cache, { limitBytes: 1 });
    for (const letter of 'abc') await store.localPath((await store.putBytes(Buffer.alloc(100, letter))).uri);
    expect(await cachedIn(cache)).toHaveLength(3);
  });

  it('fetches a damaged copy again', async () => {
    const store = storeUnder(prefix, cache);
    const { uri, digest } = await store.putBytes(Buffer.from('whole'));
    const path = await store.localPath(uri);
    await chmod(path, 0o644);
    await writeFile(path, 'wrong');
    expect(sha256(await readBack(await store.localPath(uri)))).toBe(digest);
  });

  it('does not ask the server for what it has a verified copy of', async () => {
    const store = storeUnder(prefix, cache);
    const { uri, digest } = await store.putBytes(Buffer.from('kept'));
    await store.localPath(uri);
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `${prefix}${objectKey(digest)}` }));
    await expect(store.localPath(uri)).resolves.toContain(digest);
    await expect(store.read(uri)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});

describe('a store of the configuration', () => {
  const storeOf = (more: Record<string, unknown>, env: Record<string, string>) => {
    const { stores } = configSchema.parse({
      pipelines: [],
      stores: { default: { kind: 's3', bucket: BUCKET, endpoint: server.endpoint, ...more } },
    });
    const store = stores['default'];
    if (store === undefined) throw new Error('no store');
    return openStore('default', store, folder, {
      get: async (reference) => env[reference] ?? Promise.reject(new Error(`no ${reference}`)),
    });
  };
  const references = { accessKeyId: 'secret:s3-key', secretAccessKey: 'secret:s3-secret', prefix: 'of-config/' };

  it('is opened with the secrets that its references stand for', async () => {
    const { accessKeyId, secretAccessKey } = server;
    const store = storeOf(references, { 'secret:s3-key': accessKeyId, 'secret:s3-secret': secretAccessKey });
    const { uri } = await store.putJson({ a: 1 });
    expect((await store.read(uri)).toString()).toBe('{"a":1}');
  });

  it('is unavailable with wrong secrets, and says why', async () => {
    const store = storeOf(references, { 'secret:s3-key': 'millrace', 'secret:s3-secret': 'wrong' });
    await expect(store.putJson({})).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/SignatureDoesNotMatch 403/),
    });
  });
});

describe('a source in a bucket', () => {
  let bench: Workbench;
  beforeEach(async () => (bench = await openWorkbench()));
  afterEach(async () => {
    expect(await bench.leftovers()).toEqual([]);
    await bench.close();
  });

  const ingest = (source: Record<string, unknown>, secretAccessKey = server.secretAccessKey) => {
    const { stores } = configSchema.parse({
      pipelines: [],
      stores: {
        lake: {
          kind: 's3',
          bucket: 'unused',
          endpoint: server.endpoint,
          accessKeyId: 'secret:s3-key',
          secretAccessKey: 'secret:s3-secret',
        },
      },
    });
    const secrets: Record<string, string> = {
      'secret:s3-key': server.accessKeyId,
      'secret:s3-secret': secretAccessKey,
    };
    const access = sourceAccess(stores, { get: async (reference) => secrets[reference] ?? '' });
    return ingestPartition(
      { ...bench, access },
      { step: ingestStep({ source: { store: 'lake', ...source } }), window: ALL },
    );
  };
  const put = (key: string, body: string | Buffer) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));

  it('has the version of the same files in a folder, in the order of their keys', async () => {
    for (const name of ['b.csv', 'a.csv']) {
      await put(`feed/${name}`, `n,file\n1,${name}\n`);
      await writeFile(join(bench.root, name), `n,file\n1,${name}\n`);
    }
    await put('feed/deeper/c.csv', 'n,file\n1,c.csv\n');
    const remote = await ingest({ kind: 'csv', path: `s3://${BUCKET}/feed/*.csv` });
    expect(remote.ref).toEqual((await ingest({ kind: 'csv', path: '*.csv' })).ref);
    expect(await rowsOf(bench, remote.ref, 'file')).toEqual([['a.csv'], ['b.csv']]);
    expect((await ingest({ kind: 'csv', path: `s3://${BUCKET}/feed/**/*.csv` })).ref.rows).toBe(3);
  });

  it.each([
    ['an object that is not there', { kind: 'csv', path: `s3://${BUCKET}/none.csv` }, 'SOURCE_NOT_FOUND'],
    ['a glob without objects', { kind: 'csv', path: `s3://${BUCKET}/none/*.csv` }, 'SOURCE_NOT_FOUND'],
    ['a bucket without a key', { kind: 'csv', path: `s3://${BUCKET}` }, 'SOURCE_NOT_FOUND'],
    ['an object without bytes', { kind: 'csv', path: `s3://${BUCKET}/empty.csv` }, 'SOURCE_EMPTY'],
    ['a store that is not configured', { kind: 'csv', path: `s3://${BUCKET}/a.csv`, store: 'other' }, 'INPUT_INVALID'],
  ])('refuses %s', async (_, source, code) => {
    await put('empty.csv', Buffer.alloc(0));
    expect(await refusal(ingest(source))).toMatchObject({ code });
  });

  it('is denied with wrong credentials', async () => {
    await put('feed/a.csv', 'a\n1\n');
    const refused = await refusal(ingest({ kind: 'csv', path: `s3://${BUCKET}/feed/a.csv` }, 'wrong-secret'));
    expect(refused).toMatchObject({ code: 'SOURCE_DENIED' });
    expect(refused.message).not.toContain('wrong-secret');
  });
});

const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

async function readBack(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
