import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalObjectStore, objectKey } from '../../../engine/datasets/index.js';
import { sha256 } from '../../../engine/digest.js';
import { compiledModule } from '../../../engine/threads.js';
import { describeObjectStore } from './object-store-contract.js';

async function keysUnder(root: string): Promise<string[]> {
  const found = await readdir(join(root, 'sha256'), { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => objectKey(entry.name));
}

describeObjectStore('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    store: createLocalObjectStore({ name: 'default', root }),
    another: createLocalObjectStore({ name: 'default', root }),
    async corrupt(digest, bytes) {
      const path = join(root, objectKey(digest));
      await chmod(path, 0o644);
      await writeFile(path, bytes);
    },
    keys: () => keysUnder(root),
    close: () => rm(root, { recursive: true, force: true }),
  };
});

describe('createLocalObjectStore', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'store-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('makes objects read-only and leaves no temporary file', async () => {
    const store = createLocalObjectStore({ name: 'default', root });
    const { uri } = await store.putBytes(Buffer.from('x'));
    expect((await stat(await store.localPath(uri))).mode & 0o777).toBe(0o444);
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it('never writes to an object that is there', async () => {
    const store = createLocalObjectStore({ name: 'default', root });
    const { uri } = await store.putBytes(Buffer.from('x'));
    const before = await stat(await store.localPath(uri));
    await store.putBytes(Buffer.from('x'));
    expect((await stat(await store.localPath(uri))).ino).toBe(before.ino);
  });

  it('says so when an object that is put again is there with another length', async () => {
    const store = createLocalObjectStore({ name: 'default', root });
    const { digest } = await store.putBytes(Buffer.from('x'));
    await chmod(join(root, objectKey(digest)), 0o644);
    await writeFile(join(root, objectKey(digest)), '');
    await expect(store.putBytes(Buffer.from('x'))).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  it('is unavailable where its folder cannot be made', async () => {
    await writeFile(join(root, 'file'), '');
    const store = createLocalObjectStore({ name: 'default', root: join(root, 'file') });
    await expect(store.putBytes(Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const uri = `store://default/${objectKey('0'.repeat(64))}`;
    await expect(store.read(uri)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.exists(uri)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('shows no object of a writer that was killed half-way, and takes the content from the next', async () => {
    const big = join(root, 'big');
    const handle = await open(big, 'w');
    await handle.truncate(400_000_000);
    await handle.close();
    const folder = join(root, 'store');
    const module = compiledModule(__filename.replace(/test\/unit\/.*/, 'engine/datasets/x.ts'), './index');
    const writer = spawn(process.execPath, [
      '-e',
      'const [module, root, file] = process.argv.slice(1);' +
        'require(module).createLocalObjectStore({ name: "default", root }).putFile(file);',
      module,
      folder,
      big,
    ]);
    const ended = once(writer, 'exit');
    const started = () => existsSync(join(folder, 'incoming'));
    while (!started() && writer.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
    writer.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await keysUnder(folder)).toEqual([]);

    const store = createLocalObjectStore({ name: 'default', root: folder });
    const { digest } = await store.putBytes(Buffer.from('next'));
    expect(digest).toBe(sha256('next'));
    expect(await keysUnder(folder)).toEqual([objectKey(digest)]);
  });
});
