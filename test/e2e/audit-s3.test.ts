import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  createLineageClient,
  makeSigningKey,
  parsePublicKey,
  parseSigningKey,
  startLineageOwner,
  type LineageClient,
} from '../../engine/lineage/index.js';
import { configSchema } from '../../schemas/index.js';
import { checkpointCopies } from '../../workers/stores.js';
import { startSeaweedFs, type S3Server } from '../support/seaweedfs.js';

const BUCKET = 'sealed';
const [OLD, NEW] = [makeSigningKey(), makeSigningKey()];

describe('checkpoints of the audit in a bucket', () => {
  let server: S3Server;
  let folder: string;

  beforeAll(async () => {
    server = await startSeaweedFs();
    folder = await mkdtemp(join(tmpdir(), 'audit-s3-'));
    await s3().send(new CreateBucketCommand({ Bucket: BUCKET }));
  }, 400_000);
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  function s3(): S3Client {
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 5 });
  }

  async function objects(): Promise<string[]> {
    const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Contents.map(({ Key }) => Key ?? '').sort();
  }

  /** An owner with the store of a configuration, until the work is done. */
  async function owning<T>(pem: string, until: string | null, work: (client: LineageClient) => Promise<T>): Promise<T> {
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const secrets = { get: async (name: string) => (name === 'secret:id' ? accessKeyId : secretAccessKey) };
    const { stores, audit } = configSchema.parse({
      pipelines: [],
      stores: {
        default: {
          ...{ kind: 's3', bucket: BUCKET, prefix: 'lineage/', endpoint },
          ...{ accessKeyId: 'secret:id', secretAccessKey: 'secret:key' },
        },
      },
      audit: { formerKeys: until === null ? [] : [{ publicKey: OLD.publicKey, until }] },
    });
    const owner = await startLineageOwner({
      databasePath: join(folder, 'lineage.duckdb'),
      audit: {
        key: parseSigningKey(pem),
        formerKeys: audit.formerKeys.map((one) => ({ key: parsePublicKey(one.publicKey), until: one.until })),
        copies: checkpointCopies({ stores, audit }, folder, secrets),
      },
    });
    try {
      return await work(createLineageClient({ url: owner.url, timeoutMs: 60_000 }));
    } finally {
      await owner.close();
    }
  }

  let facts = 0;
  const act = (client: LineageClient) =>
    client.record([
      {
        ...{ kind: 'action_taken', key: `fact/${(facts += 1)}`, at: new Date().toISOString() },
        ...{ actor: 'ann', action: 'test', target: 'bucket', reason: 'to be sealed' },
      },
    ]);

  it('stay there when the server is killed in between, and verify over both keys when another takes over', async () => {
    await owning(OLD.privateKey, null, async (client) => {
      await act(client);
      expect((await client.signAudit()).checkpoint).toMatchObject({ number: 1, sequence: 1 });
      await act(client);
      await server.kill();
      await expect(client.signAudit()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await act(client); // the record goes on without the bucket
      await server.start();
      expect((await client.signAudit()).checkpoint).toMatchObject({ number: 3, sequence: 3 });
      expect(await client.verifyAudit()).toMatchObject({ ok: true, checkpoints: 3, stored: 3, signedUpTo: 3 });
    });
    const until = new Date().toISOString();
    const verified = await owning(NEW.privateKey, until, async (client) => {
      await act(client);
      expect((await client.signAudit()).checkpoint).toMatchObject({ number: 4, sequence: 4 });
      return client.verifyAudit();
    });
    expect(verified).toMatchObject({
      ok: true,
      checkpoints: 4,
      stored: 4,
      keys: [{ checkpoints: 3 }, { checkpoints: 1 }],
    });
    const [first, second] = verified.keys.map(({ fingerprint }) => `lineage/audit/${fingerprint.slice(0, 16)}`);
    expect(await objects()).toEqual(
      [1, 2, 3, 4].map((number) => `${number < 4 ? first : second}/checkpoint-0000000${number}.json`).sort(),
    );

    // Beside the database they are gone, and the newest records with them: the bucket tells.
    await rm(join(folder, 'lineage.duckdb.audit'), { recursive: true });
    expect(await owning(NEW.privateKey, until, (client) => client.verifyAudit())).toMatchObject({
      ...{ ok: true, checkpoints: 4, stored: 4 },
    });
    await rm(join(folder, 'lineage.duckdb'));
    const cut = await owning(NEW.privateKey, until, (client) => client.verifyAudit());
    expect(cut.problems).toContainEqual({
      ...{ sequence: 1, problem: 'removed', message: 'checkpoint 4 signed 4 events, the database ends at 0' },
    });
  });
});
