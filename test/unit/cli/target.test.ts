import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveTarget, workerConnection } from '../../../cli/target.js';
import { readEmbeddedMarker, writeEmbeddedMarker } from '../../../workers/embedded/embedded-marker.js';
import { identify } from '../../../workers/embedded/process-identity.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-target-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** No profile of this machine is read. */
const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
  MILLRACE_DATA_DIR: folder,
  ...more,
});

async function embedded(holder = identify(process.pid) ?? { pid: process.pid, began: '' }): Promise<void> {
  await writeEmbeddedMarker({
    temporalAddress: '127.0.0.1:1111',
    namespace: 'default',
    temporalUi: 'http://127.0.0.1:2222',
    lineageUrl: 'http://127.0.0.1:3333',
    modelServerUrl: 'http://127.0.0.1:4444',
    dataDir: folder,
    ownsTemporal: true,
    holder,
  });
}

describe('what a command talks to', () => {
  it('is the running embedded mode when nothing else is said, without TLS or keys', async () => {
    await embedded();
    expect(await resolveTarget({}, environment())).toEqual({
      temporal: { address: '127.0.0.1:1111', namespace: 'default', plain: true },
      temporalUi: 'http://127.0.0.1:2222',
      lineageUrl: 'http://127.0.0.1:3333',
      modelServerUrl: 'http://127.0.0.1:4444',
      dataDir: folder,
      foundBy: 'embedded mode',
    });
  });

  it('is not an embedded mode that was killed', async () => {
    await embedded({ pid: process.pid, began: 'long ago' });
    expect(await readEmbeddedMarker(folder)).toBeNull();
    expect(await resolveTarget({}, environment())).toMatchObject({ foundBy: 'default', lineageUrl: undefined });
  });

  it('is what the environment says before the embedded mode', async () => {
    await embedded();
    const env = environment({ TEMPORAL_ADDRESS: 'far:7233', MILLRACE_LINEAGE_URL: 'http://far:1' });
    expect(await resolveTarget({}, env)).toMatchObject({ foundBy: 'environment', lineageUrl: 'http://far:1' });
  });

  it('is the embedded mode before the environment when its folder is given', async () => {
    await embedded();
    const env = environment({ TEMPORAL_ADDRESS: 'far:7233', MILLRACE_LINEAGE_URL: 'http://far:1' });
    expect(await resolveTarget({ dataDir: folder }, env)).toMatchObject({
      foundBy: 'embedded mode',
      lineageUrl: 'http://127.0.0.1:3333',
    });
  });

  it('is what options say before anything else', async () => {
    await embedded();
    const options = { address: 'near:7233', lineageUrl: 'http://near:1', dataDir: folder };
    expect(await resolveTarget(options, environment({ TEMPORAL_ADDRESS: 'far:7233' }))).toMatchObject({
      foundBy: 'options',
      temporal: { address: 'near:7233' },
      lineageUrl: 'http://near:1',
    });
  });

  it('is refused with the reason if a profile cannot be read', async () => {
    writeFileSync(join(folder, 'none.toml'), '[profile.default\naddress = 1');
    await expect(resolveTarget({}, environment())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is reached directly by a child of the embedded mode', async () => {
    const env = environment({ TEMPORAL_ADDRESS: '127.0.0.1:5', TEMPORAL_NAMESPACE: 'n', MILLRACE_TEMPORAL_PLAIN: '1' });
    expect(workerConnection(await resolveTarget({}, env))).toEqual({ address: '127.0.0.1:5', namespace: 'n' });
  });
});
