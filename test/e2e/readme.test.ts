import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../../client/index.js';
import { runResultSchema } from '../../schemas/index.js';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';

const execute = promisify(execFile);
const MILLRACE = join(PROJECT_DIR, 'dist/cli/main.js');

/** The code of the first block of a language after a text. */
async function snippet(after: string, language: string): Promise<string> {
  const readme = await readFile(join(PROJECT_DIR, 'README.md'), 'utf8');
  const rest = readme.slice(readme.indexOf(after));
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(rest)?.[1];
  if (!readme.includes(after) || block === undefined) throw new Error(`README.md has no ${language} after "${after}"`);
  // A block inside of a list is indented.
  const indent = /^ */.exec(block)?.[0] ?? '';
  return block.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** An empty folder that has Millrace installed. */
async function projectFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-readme-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(PROJECT_DIR, join(folder, 'node_modules', 'millrace'));
  return folder;
}

describe('README.md', () => {
  let folder: string;
  let dev: DevProcess;

  beforeEach(async () => {
    folder = await projectFolder();
  });
  afterEach(async () => {
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('starts runs from the page of the UI and from another service as it says', async () => {
    dev = await startDev(process.execPath, [MILLRACE, 'dev', '--json', '--data-dir', folder], PROJECT_DIR);

    const readme = await readFile(join(PROJECT_DIR, 'README.md'), 'utf8');
    const link = new URL(/http:\/\/\S+start-workflow\?\S+(?=`)/.exec(readme)?.[0] ?? '');
    const field = (name: string) => link.searchParams.get(name) ?? '';
    const client = await connect({ address: dev.temporalAddress });
    try {
      const input = JSON.parse(await snippet('and paste as input', 'json')) as { pipeline: string; partition: string };
      const result = await client.temporal.workflow.execute(field('workflowType'), {
        taskQueue: field('taskQueue'),
        workflowId: field('workflowId'),
        args: [input],
      });
      const { pipeline, partition } = input;
      expect(result).toMatchObject({ verdict: 'succeeded', pipeline, partition, workflowId: field('workflowId') });
    } finally {
      await client.close();
    }

    const file = join(folder, 'client.mts');
    await writeFile(file, await snippet('<!-- test: client-snippet -->', 'ts'));
    const { stdout } = await execute(
      process.execPath,
      [join(PROJECT_DIR, 'node_modules/jiti/lib/jiti-cli.mjs'), file],
      {
        env: { ...process.env, TEMPORAL_ADDRESS: dev.temporalAddress },
      },
    );
    expect(stdout.trim()).toBe('run/flight-history/2001-03-06 succeeded COMPLETED 3');
  }, 180_000);

  it('shows a project of one’s own that runs', async () => {
    await writeFile(join(folder, 'millrace.config.ts'), await snippet('## Your own pipeline', 'ts'));
    await copyFile(join(PROJECT_DIR, 'node_modules/vega-datasets/data/penguins.json'), join(folder, 'penguins.json'));
    dev = await startDev(process.execPath, [MILLRACE, 'dev', '--json'], folder);
    const { stdout } = await execute(process.execPath, [MILLRACE, 'run', 'penguins', '--wait', '--json'], {
      cwd: folder,
    });
    expect(runResultSchema.parse(JSON.parse(stdout))).toMatchObject({ verdict: 'succeeded', partition: 'all' });
  }, 180_000);
});
