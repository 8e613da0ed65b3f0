import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freezePipeline, frozenAsRun, withCode } from '../../../engine/pipelines/index.js';
import { definePipeline, pipelineSchema } from '../../../schemas/index.js';

const pipeline = pipelineSchema.parse(
  definePipeline({
    name: 'night',
    steps: {
      learn: {
        type: 'train',
        trainer: { directory: 'trainer', command: ['python', 'train.py'] },
        inputs: {},
        model: 'm',
      },
      tell: { type: 'activity', activity: 'tell' },
      ask: { type: 'approve', message: 'well?' },
    },
  }),
);

describe('the code of a frozen pipeline', () => {
  let projectDir: string;
  const project = (tell = async (): Promise<unknown> => 'a') => ({ projectDir, activities: { tell } });

  beforeEach(async () => {
    projectDir = await mkdtemp(join(tmpdir(), 'millrace-code-'));
    await mkdir(join(projectDir, 'trainer', '__pycache__'), { recursive: true });
    await writeFile(join(projectDir, 'trainer', 'train.py'), 'print(1)');
  });
  afterEach(() => rm(projectDir, { recursive: true }));

  it('is part of its digest: of trainers and activities, and of nothing else', async () => {
    const frozen = await withCode(freezePipeline(pipeline, {}), project());
    expect(Object.keys(frozen.code ?? {})).toEqual(['learn', 'tell']);
    await writeFile(join(projectDir, 'trainer', '__pycache__', 'train.pyc'), 'compiled');
    expect((await withCode(freezePipeline(pipeline, {}), project())).digest).toBe(frozen.digest);
    await writeFile(join(projectDir, 'trainer', 'train.py'), 'print(2)');
    const later = await withCode(freezePipeline(pipeline, {}), project());
    expect(later.digest).not.toBe(frozen.digest);
    expect(later.code?.tell).toBe(frozen.code?.tell);
  });

  it('must be what it was for a run to be as an earlier one', async () => {
    const { digest, ...recorded } = await withCode(freezePipeline(pipeline, {}), project());
    expect((await frozenAsRun(recorded, digest, project())).digest).toBe(digest);
    await expect(
      frozenAsRun(
        recorded,
        digest,
        project(async () => 'b'),
      ),
    ).rejects.toMatchObject({
      code: 'CODE_CHANGED',
      problems: [{ path: 'steps.tell' }],
    });
    await expect(frozenAsRun({ any: 'thing' }, digest, project())).rejects.toMatchObject({
      code: 'SPECIFICATION_NOT_FOUND',
    });
  });
});
