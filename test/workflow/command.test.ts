import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePipeline } from '../../schemas/index.js';
import { until } from '../support/until.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';

/** Exits with 75 the first time, and then well. */
const AT_THE_SECOND_ATTEMPT = `
  const { existsSync, writeFileSync } = require('fs');
  const file = process.argv[1] + '/' + process.env.MILLRACE_RUN_ID;
  if (!existsSync(file)) { writeFileSync(file, ''); console.error('too busy'); process.exit(75); }
  console.log(JSON.stringify({ day: process.env.MILLRACE_PARTITION_KEY, rows: 3 }));`;

const pipelines = [
  definePipeline({
    name: 'export',
    partitions: { kind: 'daily', timezone: 'UTC' },
    params: { folder: { type: 'string' }, script: { type: 'string' } },
    steps: {
      send: { type: 'command', command: [process.execPath, '-e', '{{ params.script }}', '{{ params.folder }}'] },
    },
  }),
];

describe('a step command', () => {
  let millrace: MillraceEnvironment;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-command-step-'));
    millrace = await startMillrace({ pipelines });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (script: string) => {
    const run = await millrace.client.startRun({
      pipeline: 'export',
      partition: '2001-03-05',
      params: { folder, script },
      requestedBy: 'test',
    });
    return run.result();
  };

  it('is tried again when the program asks for it, and has its last line as value', async () => {
    const result = await start(AT_THE_SECOND_ATTEMPT);
    expect(result).toMatchObject({
      verdict: 'succeeded',
      steps: [{ step: 'send', type: 'command', output: { value: { day: '2001-03-05', rows: 3 } } }],
    });
  });

  it('is told with what an attempt failed with, while it is tried again', async () => {
    const file = join(folder, 'there');
    const script = `if (!require('fs').existsSync('${file}')) { console.error('not yet'); process.exit(75); } console.log(1);`;
    const about = { pipeline: 'export', partition: '2001-03-06', params: { folder, script }, requestedBy: 'test' };
    const run = await millrace.client.startRun(about);
    const [work] = await until(async () => {
      const now = await run.work();
      return (now[0]?.attempt ?? 0) > 1 && now;
    });
    expect(work).toMatchObject({
      activity: 'runProjectCommand',
      problem: expect.stringMatching(/^COMMAND_TEMPORARY: .*not yet/s),
    });
    const open = await millrace.client.getRun({ pipeline: 'export', partition: '2001-03-06' });
    expect((await open.work())[0]?.problem).toBe(work?.problem);
    await writeFile(file, '');
    await run.result();
    expect(await run.work()).toEqual([]);
  });

  it('fails the run with what the program said', async () => {
    await expect(start('console.error("no such table"); process.exit(3)')).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('exited with code 3:\nno such table'),
    });
  });
});
