import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, digestOf, sha256 } from '../../../engine/digest.js';
import type { ObjectStore } from '../../../engine/datasets/index.js';

/** A store under test, and how to reach behind it. */
export interface StoreUnderTest {
  store: ObjectStore;
  /** A second store over the same objects, as another process would have it. */
  another: ObjectStore;
  /** Exchanges the bytes of an object behind the store’s back. */
  corrupt(digest: string, bytes: Buffer): Promise<void>;
  /** Keys of all objects that are visible. */
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

const CONTENT = Buffer.from('flights of the first of March');

const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What every object store promises, whatever it is made of. */
export function describeObjectStore(kind: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${kind} keeps the promises of an object store`, () => {
    let under: StoreUnderTest;
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'object-store-'));
      under = await open();
    });

    afterEach(async () => {
      await under.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function file(content: Buffer): Promise<string> {
      const path = join(folder, 'source');
      await writeFile(path, content);
      return path;
    }

    it('addresses an object by the digest of its bytes', async () => {
      const digest = sha256(CONTENT);
      const expected = {
        digest,
        uri: `store://${under.store.name}/sha256/${digest.slice(0, 2)}/${digest}`,
        bytes: CONTENT.length,
      };
      expect(await under.store.putBytes(CONTENT)).toEqual(expected);
      expect(await under.store.putFile(await file(CONTENT))).toEqual(expected);
      expect(await under.keys()).toEqual([`sha256/${digest.slice(0, 2)}/${digest}`]);
    });

    it('gives back the bytes that were put, of any length', async () => {
      for (const content of [Buffer.alloc(0), CONTENT, Buffer.alloc(300_000, 'abc')]) {
        const { uri } = await under.store.putFile(await file(content));
        expect((await under.store.read(uri)).equals(content)).toBe(true);
        expect((await readFile(await under.store.localPath(uri))).equals(content)).toBe(true);
      }
    });

    it('stores a value so that its address is the digest of its canonical JSON', async () => {
      const value = { b: [1, null], a: 'ü' };
      const { digest, uri } = await under.store.putJson(value);
      expect(digest).toBe(digestOf({ a: 'ü', b: [1, null] }));
      expect((await under.store.read(uri)).toString()).toBe(canonicalJson(value));
    });

    it('makes one object of the same content, put many times at once from two sides', async () => {
      const path = await file(CONTENT);
      const puts = Array.from({ length: 20 }, (_, index) => (index % 2 ? under.store : under.another).putFile(path));
      const uris = (await Promise.all(puts)).map(({ uri }) => uri);
      expect(new Set(uris).size).toBe(1);
      expect(await under.keys()).toHaveLength(1);
    });

    it('knows what it holds', async () => {
      const { uri } = await under.store.putBytes(CONTENT);
      expect(await under.store.exists(uri)).toBe(true);
      expect(await under.another.exists(uri)).toBe(true);
      expect(await under.store.exists(uri.slice(0, -4) + 'beef')).toBe(false);
    });

    it('refuses to give out bytes that do not have the digest in their name', async () => {
      const { uri, digest } = await under.store.putBytes(CONTENT);
      await under.store.localPath(uri);
      await under.corrupt(digest, Buffer.from('something else of another length'));
      await expect(under.store.read(uri)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
      await expect(under.another.localPath(uri)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
      await expect(under.store.localPath(uri)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    });

    it('lists every object with its size and the time when it was put, and nothing else', async () => {
      const before = Date.now();
      const put = await Promise.all(['a', 'bb', 'ccc'].map((text) => under.store.putBytes(Buffer.from(text))));
      const listed = await all(under.another.objects());
      expect(listed.map(({ digest, uri, bytes }) => ({ digest, uri, bytes })).sort(byDigest)).toEqual(
        put.sort(byDigest),
      );
      for (const { putAt } of listed) expect(Math.abs(putAt.getTime() - before)).toBeLessThan(60_000);
    });

    it('removes an object for good, twice without harm, and takes it again', async () => {
      const { uri } = await under.store.putBytes(CONTENT);
      const [listed] = await all(under.store.objects());
      if (listed === undefined) throw new Error('nothing is listed');
      expect(await under.store.remove(listed)).toBe(true);
      expect(await under.another.exists(uri)).toBe(false);
      expect(await under.store.remove(listed)).toBe(true);
      await under.another.putBytes(CONTENT);
      expect((await under.another.read(uri)).equals(CONTENT)).toBe(true);
    });

    it('keeps an object that was put again after it was listed', async () => {
      const { uri } = await under.store.putBytes(CONTENT);
      const [listed] = await all(under.store.objects());
      if (listed === undefined) throw new Error('nothing is listed');
      const earlier = { ...listed, putAt: new Date(listed.putAt.getTime() - 60_000) };
      expect(await under.store.remove(earlier)).toBe(false);
      expect(await under.store.exists(uri)).toBe(true);
    });

    it('has nothing unfinished after puts that ended', async () => {
      await under.store.putFile(await file(Buffer.alloc(300_000, 'abc')));
      expect(await under.store.removeUnfinished(new Date(Date.now() + 60_000), true)).toBe(0);
    });

    it.each([
      ['an object that was never put', (name: string) => `store://${name}/sha256/00/${'0'.repeat(64)}`],
      ['an address of another store', () => `store://elsewhere/sha256/00/${'0'.repeat(64)}`],
      ['an address that leads out of the store', (name: string) => `store://${name}/sha256/00/../../../etc/passwd`],
      ['a digest under the wrong prefix', (name: string) => `store://${name}/sha256/01/${'0'.repeat(64)}`],
      ['a path', () => '/etc/passwd'],
    ])('has nothing at %s', async (_, uriOf) => {
      const uri = uriOf(under.store.name);
      await expect(under.store.read(uri)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      await expect(under.store.localPath(uri)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      expect(await under.store.exists(uri)).toBe(false);
    });

    it('shows nothing of a put whose source cannot be read', async () => {
      await expect(under.store.putFile(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(under.store.putFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
      expect(await under.keys()).toEqual([]);
    });

    it('leaves the file that was put where it is', async () => {
      const path = await file(CONTENT);
      await under.store.putFile(path);
      expect(await readdir(folder)).toEqual(['source']);
      await writeFile(path, 'may still be written to');
    });
  });
}
