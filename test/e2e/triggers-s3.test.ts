import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connect, type MillraceClient } from '../../client/index.js';
import { createLineageClient, type LineageClient } from '../../engine/lineage/index.js';
import type { TriggerEntry } from '../../schemas/index.js';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { startSeaweedFs, type S3Server } from '../support/seaweedfs.js';
import { until } from '../support/until.js';

describe('objects that arrive in a bucket', () => {
  let server: S3Server;
  let folder: string;
  let dev: DevProcess;
  let client: MillraceClient;
  let lineage: LineageClient;
  let s3: S3Client;

  beforeAll(async () => {
    server = await startSeaweedFs();
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 5 });
    await s3.send(new CreateBucketCommand({ Bucket: 'drops' }));
    folder = await mkdtemp(join(tmpdir(), 'millrace-bucket-'));
    await cp(join(PROJECT_DIR, 'test/support/bucket-triggered.config.ts'), join(folder, 'millrace.config.ts'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(PROJECT_DIR, join(folder, 'node_modules/millrace'));
    const secrets = { MILLRACE_SECRET_ID: accessKeyId, MILLRACE_SECRET_KEY: secretAccessKey };
    const env = { ...secrets, MILLRACE_TEST_S3: endpoint };
    dev = await startDev(process.execPath, [join(PROJECT_DIR, 'dist/cli/main.js'), 'dev', '--json'], folder, env);
    client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
    lineage = createLineageClient({ url: dev.lineageUrl });
  }, 400_000);
  afterAll(async () => {
    await client?.close();
    await dev?.stop();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const put = (Key: string, text: string) =>
    s3.send(new PutObjectCommand({ Bucket: 'drops', Key, Body: Buffer.from(text) }));

  /** The ledger once so many events have ended, oldest first. */
  async function ended(count: number): Promise<TriggerEntry[]> {
    return until(async () => {
      const { entries } = await lineage.triggers.ledger('dropped');
      return entries.length >= count && entries.reverse();
    });
  }

  const told = (entries: TriggerEntry[]) =>
    entries.map(({ trigger, subject, outcome, runs }) => [trigger, subject, outcome, runs[0]?.partition]);

  it('start runs once they are whole, again when they are replaced, and only once across a death of the store', async () => {
    // Without its marker it does not count, nor does the marker of another.
    await put('in/2001-03-01/a.csv', 'one');
    await put('in/2001-03-01/b.csv.done', '');
    await put('in/2001-03-01/a.txt', 'of another kind');
    await put('quiet-2001-03-02.csv', 'two');
    expect(told(await ended(1))).toEqual([
      ['quiet', 's3://drops/quiet-2001-03-02.csv, 3 bytes', 'started', '2001-03-02'],
    ]);
    await put('in/2001-03-01/a.csv.done', '');
    expect(told(await ended(2))[1]).toEqual([
      'marked',
      's3://drops/in/2001-03-01/a.csv, 3 bytes',
      'started',
      '2001-03-01',
    ]);
    // The same size, another content; and the same content again, which is no event.
    await put('in/2001-03-01/a.csv', 'ONE');
    await put('quiet-2001-03-02.csv', 'two');
    expect(told(await ended(3))[2]?.slice(0, 3)).toEqual([
      'marked',
      's3://drops/in/2001-03-01/a.csv, 3 bytes',
      'started',
    ]);

    // The store dies, and one object has just arrived.
    await put('quiet-2001-03-03.csv', 'three');
    await server.kill();
    const problem = await until(async () => (await client.triggers.waiting('dropped')).problem);
    expect(problem).toContain('SOURCE_UNAVAILABLE: trigger quiet: s3://drops/');
    // A folder is watched meanwhile.
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'folder/2001-03-04.csv'), 'four');
    expect(told(await ended(4))[3]).toEqual(['folder', 'folder/2001-03-04.csv, 4 bytes', 'started', '2001-03-04']);
    await server.start();
    await put('in/2001-03-05/c.csv.done', '');
    await put('in/2001-03-05/c.csv', 'five');
    await put('in/1999-01-01/old.csv', 'x');
    await put('in/1999-01-01/old.csv.done', '');
    const after = await ended(7);
    expect(told(after.slice(4)).sort()).toEqual([
      ['marked', 's3://drops/in/1999-01-01/old.csv, 1 bytes', 'ignored', undefined],
      ['marked', 's3://drops/in/2001-03-05/c.csv, 4 bytes', 'started', '2001-03-05'],
      ['quiet', 's3://drops/quiet-2001-03-03.csv, 5 bytes', 'started', '2001-03-03'],
    ]);
    await until(async () => (await client.triggers.waiting('dropped')).problem === null);

    // What is deleted is no event, and what comes back as it was is known.
    await s3.send(new DeleteObjectCommand({ Bucket: 'drops', Key: 'quiet-2001-03-03.csv' }));
    await delay(3_000);
    await put('quiet-2001-03-03.csv', 'three');
    await delay(4_000);
    expect(await ended(7)).toHaveLength(7);
  }, 240_000);
});
