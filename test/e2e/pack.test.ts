import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runResultSchema } from '../../schemas/index.js';
import { startDev } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';

const execute = promisify(execFile);

describe('the package as npm packs it', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-pack-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs a project of one’s own in an empty folder', async () => {
    await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: PROJECT_DIR });
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'penguin-project', private: true }));
    // The lines that the README gives, with the packed file for the name of the package.
    const readme = await readFile(join(PROJECT_DIR, 'README.md'), 'utf8');
    const [, lines = ''] = /```sh\n(echo [^`]*npm install millrace)\n```/.exec(readme) ?? [];
    const quiet = 'npm install --no-audit --no-fund --prefer-offline';
    await execute('sh', ['-ec', lines.replace('npm install millrace', `${quiet} ./${tarball}`)], { cwd: folder });
    await copyFile(join(__dirname, '../support/pack-project/millrace.config.ts'), join(folder, 'millrace.config.ts'));
    await copyFile(join(PROJECT_DIR, 'node_modules/vega-datasets/data/penguins.json'), join(folder, 'penguins.json'));

    const millrace = join(folder, 'node_modules', '.bin', 'millrace');
    const dev = await startDev(millrace, ['dev', '--json'], folder);
    try {
      const { stdout } = await execute(millrace, ['run', 'penguins', '--wait', '--json'], { cwd: folder });
      const result = runResultSchema.parse(JSON.parse(stdout));
      expect(result).toMatchObject({ verdict: 'succeeded', partition: 'all', workflowId: 'run/penguins/all' });
      expect(result.steps.map((step) => step.output.dataset?.rows ?? step.output.value)).toEqual([
        344,
        344,
        3,
        { text: 'counted', runId: result.runId },
      ]);
    } finally {
      await dev.stop();
    }
  }, 240_000);
});
