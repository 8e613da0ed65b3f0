import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileScript } from '../../../cli/bundle/code-cache.js';

const SOURCE = '//aaaa\n(function twice(n) { return 2 * n; })\n';
const OTHER = '//bbbb\n(function thrice(n) { return 3 * n})\n';

describe('compiled code of a script', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-code-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const kept = (into = folder) => (existsSync(into) ? readdirSync(into) : []);
  const run = (source = SOURCE, name = 'check', into = folder, meanwhile = () => {}) => {
    const { value, keepCompiled } = compileScript({ source, filename: 'script.js', folder: into, name });
    const answer = (value as (n: number) => number)(21);
    meanwhile();
    keepCompiled();
    return answer;
  };

  it('is kept once, and taken from there on', () => {
    expect(run()).toBe(42);
    const [name] = kept();
    const long = new Date('2020-01-01');
    utimesSync(join(folder, name!), long, long);
    expect(run()).toBe(42);
    expect(kept()).toEqual([name]);
    expect(statSync(join(folder, name!)).mtime).toEqual(long);
  });

  it('is kept whole, although memory was collected since', () => {
    const size = (name: string) =>
      statSync(
        join(
          folder,
          kept().find((file) => file.startsWith(name))!,
        ),
      ).size;
    setFlagsFromString('--expose-gc');
    // Without this flag a function must stay unused for several collections.
    setFlagsFromString('--stress-flush-code');
    try {
      run(SOURCE, 'short');
      run(SOURCE, 'longer', folder, () => (runInNewContext('gc') as () => void)());
    } finally {
      setFlagsFromString('--no-stress-flush-code');
    }
    expect(size('longer')).toBe(size('short'));
  });

  it('is one file for each source and each use', () => {
    expect([run(), run(OTHER), run(OTHER, 'drift')]).toEqual([42, 63, 63]);
    expect(kept()).toHaveLength(3);
  });

  it('is made anew where any byte of it has changed, or bytes are missing', () => {
    run();
    const path = join(folder, kept()[0]!);
    const sound = readFileSync(path);
    for (let at = 0; at < sound.length; at += 1 + (at >> 3)) {
      const spoiled = Buffer.from(sound);
      spoiled[at] = spoiled[at]! ^ 0x10;
      writeFileSync(path, spoiled);
      expect(run()).toBe(42);
    }
    for (const length of [0, 10, sound.length - 1]) {
      writeFileSync(path, sound.subarray(0, length));
      expect(run()).toBe(42);
    }
    expect(readFileSync(path)).toHaveLength(sound.length);
  });

  it('is not kept where nothing can be written, and the script runs all the same', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    expect(run(SOURCE, 'check', file)).toBe(42);
    expect(run(SOURCE, 'check', join(file, 'below'))).toBe(42);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('goes after a month, when other code is kept', () => {
    run();
    const old = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    utimesSync(join(folder, kept()[0]!), old, old);
    run(OTHER);
    expect(kept()).toEqual([expect.stringContaining('bbbb')]);
  });
});
