import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MillraceError } from '../../../schemas/index.js';
import { loadConfig } from '../../../workers/load-config.js';

const INGEST = `{ type: 'ingest', source: { kind: 'csv', path: 'a.csv' }, dataset: 'a' }`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(text: string, name = 'millrace.config.ts') {
  await writeFile(join(folder, name), text);
  return loadConfig({ cwd: folder });
}

async function refusal(text: string): Promise<{ code: string; paths: string[]; message: string }> {
  const error = (await load(text).then(
    () => undefined,
    (reason: unknown) => reason,
  )) as MillraceError | undefined;
  if (error === undefined) throw new Error('the configuration was accepted');
  return { code: error.code, paths: error.problems.map(({ path }) => path), message: error.message };
}

describe('loadConfig', () => {
  it.each([
    ['millrace.config.ts', 'export default'],
    ['millrace.config.mts', 'export default'],
    ['millrace.config.mjs', 'export default'],
    ['millrace.config.js', 'module.exports ='],
  ])('reads %s', async (name, start) => {
    const { config, projectDir } = await load(
      `${start} { pipelines: [{ name: 'p', steps: { raw: ${INGEST} } }] };`,
      name,
    );
    expect(config.pipelines.map((pipeline) => pipeline.name)).toEqual(['p']);
    expect(config.stores.default).toEqual({ kind: 'local', path: 'store' });
    expect(projectDir).toBe(folder);
  });

  it('says where it looked when there is none', async () => {
    await expect(loadConfig({ cwd: folder })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining(folder) as string,
    });
  });

  it('says what is wrong with a file that cannot be loaded', async () => {
    expect(await refusal('export default {')).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await refusal(`import 'no-such-package'; export default { pipelines: [] };`)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no-such-package') as string,
    });
  });

  it.each([
    ['an unknown field', `{ pipelines: [], pipeline: [] }`, 'pipeline'],
    ['an activity that is no function', `{ pipelines: [], activities: { note: 5 } }`, 'activities.note'],
    ['an unknown role', `{ pipelines: [], roles: { trainer: { concurrency: 1 } } }`, 'roles.trainer'],
    [
      'two pipelines of one name',
      `{ pipelines: [{ name: 'p', steps: { raw: ${INGEST} } }, { name: 'p', steps: { raw: ${INGEST} } }] }`,
      'pipelines[1].name',
    ],
    [
      'an input that no step makes',
      `{ pipelines: [{ name: 'p', steps: { raw: ${INGEST}, ok: { type: 'check', input: 'row', suite: { checks: [{ type: 'row_count', min: 1 }] } } } }] }`,
      'pipelines[0].steps.ok.input',
    ],
    [
      'a regular expression that cannot be compiled',
      `{ pipelines: [{ name: 'p', steps: { raw: ${INGEST}, ok: { type: 'check', input: 'raw', suite: { checks: [{ type: 'regex', column: 'a', pattern: '(' }] } } } }] }`,
      'pipelines[0].steps.ok.suite.checks[0].pattern',
    ],
    [
      'an activity that is not there',
      `{ pipelines: [{ name: 'p', steps: { tell: { type: 'activity', activity: 'note' } } }] }`,
      'pipelines[0].steps.tell.activity',
    ],
    [
      'a pool that is not there',
      `{ pipelines: [{ name: 'p', steps: { raw: { ...${INGEST}, pool: 'desk' } } }] }`,
      'pipelines[0].steps.raw.pool',
    ],
    [
      'a pool of a step that does no work',
      `{ pools: { desk: 1 }, pipelines: [{ name: 'p', steps: { ok: { type: 'approve', message: 'Ship it?', pool: 'desk' } } }] }`,
      'pipelines[0].steps.ok.pool',
    ],
    [
      'what a schedule makes silence mean',
      `{ pipelines: [{ name: 'p', params: { silence: { type: 'string', default: 'reject' } }, schedule: { everySeconds: 60, params: { silence: 'approve' } }, steps: { ok: { type: 'approve', message: 'Ship it?', fields: { ticket: { type: 'string' } }, waitSeconds: 60, onTimeout: '{{ params.silence }}' } } }] }`,
      'pipelines[0].schedule.params',
    ],
  ])('names %s by its path', async (_, config, path) => {
    expect(await refusal(`export default ${config};`)).toMatchObject({ code: 'CONFIG_INVALID', paths: [path] });
  });

  it.each([
    `{ kind: 'static', keys: ['north'] }`,
    `{ kind: 'product', dimensions: { day: { kind: 'daily' }, region: { kind: 'static', keys: ['north'] } } }`,
  ])('takes a deadline for partitions %s', async (partitions) => {
    const pipeline = `{ name: 'p', partitions: ${partitions}, deadline: { at: '06:00', timezone: 'UTC' }, steps: { raw: ${INGEST} } }`;
    expect((await load(`export default { pipelines: [${pipeline}] };`)).config.pipelines).toHaveLength(1);
  });

  it('leaves fields to the runs whose value each of them has to give, and judges the others', async () => {
    const pipeline = (path: string) =>
      `{ name: 'p', params: { silence: { type: 'string' } }, steps: { raw: { ...${INGEST}, dataset: '${path}' }, ok: { type: 'approve', message: 'Ship it?', onTimeout: '{{ params.silence }}' } } }`;
    expect((await load(`export default { pipelines: [${pipeline('raw')}] };`)).config.pipelines).toHaveLength(1);
    expect(await refusal(`export default { pipelines: [${pipeline('a/b')}] };`)).toMatchObject({
      paths: ['pipelines[0].steps.raw.dataset'],
    });
  });
});
