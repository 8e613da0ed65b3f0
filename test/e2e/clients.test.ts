import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePythonEnvironment } from '../../engine/training/python-environment.js';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';

const execute = promisify(execFile);

/** The first block of code after a text of docs/clients.md, and the first block of what it prints, if there is one. */
async function shown(after: string): Promise<{ code: string; prints: string }> {
  const page = await readFile(join(PROJECT_DIR, 'docs/clients.md'), 'utf8');
  const blocks = [...page.slice(page.indexOf(after)).matchAll(/```\w+\n([\s\S]*?)```/g)];
  return { code: blocks[0]?.[1] ?? '', prints: blocks[1]?.[1] ?? '' };
}

describe('docs/clients.md', () => {
  let folder: string;
  let dev: DevProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-clients-'));
    const main = join(PROJECT_DIR, 'dist/cli/main.js');
    dev = await startDev(process.execPath, [main, 'dev', '--json', '--data-dir', folder], PROJECT_DIR);
  });
  afterAll(async () => {
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const environment = () => ({ ...process.env, TEMPORAL_ADDRESS: dev.temporalAddress });

  it.each(['<!-- test: typescript -->', '<!-- test: typescript, changing a backfill -->'])(
    'has TypeScript that prints what it says: %s',
    async (after) => {
      const { code, prints } = await shown(after);
      await mkdir(join(folder, 'node_modules'), { recursive: true });
      await symlink(PROJECT_DIR, join(folder, 'node_modules', 'millrace')).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await writeFile(join(folder, 'service.mts'), code);
      const jiti = join(PROJECT_DIR, 'node_modules/jiti/lib/jiti-cli.mjs');
      const { stdout } = await execute(process.execPath, [jiti, join(folder, 'service.mts')], { env: environment() });
      expect(stdout).toBe(prints);
    },
  );

  it('has a Python service, with Temporal’s own package alone, that prints what it says', async () => {
    const { code, prints } = await shown('<!-- test: python -->');
    const { python } = await ensurePythonEnvironment({
      directory: join(PROJECT_DIR, 'test/support/python-client'),
      requirements: 'requirements.txt',
    });
    await writeFile(join(folder, 'service.py'), code);
    const { stdout } = await execute(python, [join(folder, 'service.py')], { env: environment() });
    expect(stdout).toBe(prints);
  }, 240_000);
});
