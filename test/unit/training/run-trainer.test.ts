import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { compiledModule } from '../../../engine/threads';
import { runTrainer, type RunTrainerOptions } from '../../../engine/training/run-trainer';
import type { Trainer } from '../../../schemas';
import { until } from '../../support/until.js';
import { isAlive, pidIn, shellTrainer, specification, withFolder } from './training-fixtures';

const folder = withFolder();
let count = 0;

const DESCRIPTION = JSON.stringify({
  signature: { inputs: [{ name: 'a', datatype: 'FP32' }], score: { output: 'p', column: 1 } },
  parity: { score: 'score' },
});
const LEAVE_ALL = `echo x > $OUT/model.onnx; echo x > $OUT/parity.parquet; echo '${DESCRIPTION}' > $OUT/model.json`;

async function run(script: string, settings: Partial<Trainer> = {}, options: Partial<RunTrainerOptions> = {}) {
  const scratchDir = folder.path(`scratch-${count++}`);
  await mkdir(scratchDir);
  const trainer = await shellTrainer(`${scratchDir}.sh`, script, settings);
  return runTrainer({ trainer, projectDir: folder.path(), scratchDir, specification, ...options });
}

const failing = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as unknown as Error;

describe('a trainer that does well', () => {
  it('gets its specification twice, and gives output, metrics and progress', async () => {
    const progress: string[] = [];
    const result = await run(
      `[ "$1" = "$MILLRACE_TRAINER_SPEC" ] || exit 9
       grep -q '"seed": 7' "$1" || exit 8
       echo '{"type": "progress", "fraction": 0.4, "message": "fitting", "metrics": {"loss": 0.31}}'
       echo '{"type": "metrics", "metrics": {"roc_auc": 0.5, "rows": 3}}'
       echo '{"type": "metrics", "metrics": {"roc_auc": 0.6}}'
       ${LEAVE_ALL}`,
      {},
      { onProgress: (message) => progress.push(message) },
    );
    expect(progress).toEqual(['training, 40 %, fitting, loss 0.31']);
    expect(result.metrics).toEqual({ roc_auc: 0.6, rows: 3 });
    expect(result.output.signature.score).toEqual({ output: 'p', column: 1 });
    expect(await readFile(`${result.outputDir}/model.onnx`, 'utf8')).toBe('x\n');
  });

  it('may print rubbish, which is log', async () => {
    const lines: string[] = [];
    const result = await run(
      `echo '{"type": "progress"'; echo '{"type": "progress", "fraction": 7}'; printf '\\377\\376 x\\n'; echo '[1]'
       echo '{"type": "metrics", "metrics": {"loss": NaN}}'; echo trouble >&2; printf 'no line break'; ${LEAVE_ALL}`,
      {},
      { onLine: (line, stream) => lines.push(`${stream} ${line}`) },
    );
    expect(result.metrics).toEqual({});
    expect(lines).toHaveLength(7);
    expect(lines).toEqual(expect.arrayContaining(['stderr trouble', 'stdout no line break']));
    expect(await readFile(result.logPath, 'utf8')).toContain('trouble');
  });

  it('may print more than is kept: the rest is dropped and counted', async () => {
    const result = await run(`head -c 300000 /dev/zero | tr '\\0' x; ${LEAVE_ALL}`, { maxLogBytes: 1_000 });
    expect(result.droppedLogBytes).toBe(299_000);
    expect((await stat(result.logPath)).size).toBe(1_000 + '\n[299000 bytes dropped]\n'.length);
  });

  it('does not see settings of Temporal, which hold keys', async () => {
    const env = { ...process.env, TEMPORAL_API_KEY: 'k', OTHER: 'o' };
    await expect(run(`[ "$TEMPORAL_API_KEY$OTHER" = o ] || exit 9; ${LEAVE_ALL}`, {}, { env })).resolves.toBeDefined();
  });

  it('leaves no process behind', async () => {
    const file = folder.path('left-behind');
    await run(`sh -c 'trap "" TERM; echo $$ > ${file}; sleep 60' & while [ ! -s ${file} ]; do :; done; ${LEAVE_ALL}`);
    const pid = await pidIn(file);
    await until(() => !isAlive(pid));
  });
});

describe('a trainer that fails', () => {
  it.each([
    ['an error', 'echo one; echo two >&2; exit 3', 'TRAINER_FAILED', /exited with code 3; .*(one\ntwo|two\none)/s],
    ['a data error', 'echo "error: no column late" >&2; exit 65', 'TRAINER_FAILED', /code 65; .*no column late/s],
    ['no words', 'exit 1', 'TRAINER_FAILED', /exited with code 1 and printed nothing/],
    ['an error that may pass', 'echo full >&2; exit 75', 'TRAINER_TEMPORARY', /code 75; .*full/s],
    ['a signal from elsewhere', 'kill -KILL $$', 'TRAINER_KILLED', /ended by SIGKILL/],
    ['SIGTERM from elsewhere', 'kill -TERM $$', 'TRAINER_KILLED', /ended by SIGTERM/],
  ])('with %s is told apart by its code', async (_name, script, code, message) => {
    await expect(run(script)).rejects.toEqual(failing(code, message));
  });

  it('has its last 20 lines quoted', async () => {
    const error = (await run('seq 1 100; exit 1').catch((caught: unknown) => caught)) as Error;
    expect(error.message.split('\n').slice(1)).toEqual(Array.from({ length: 20 }, (_, index) => String(81 + index)));
  });

  it.each([
    ['nothing', ':', /model.onnx is missing; model.json is missing; parity.parquet is missing/],
    ['an empty graph', `${LEAVE_ALL}; : > $OUT/model.onnx`, /model.onnx is empty/],
    ['a description that is no JSON', `${LEAVE_ALL}; echo '{' > $OUT/model.json`, /model.json is not JSON/],
    [
      'a description without fields',
      `${LEAVE_ALL}; echo '{"signature": {"inputs": []}}' > $OUT/model.json`,
      /model.json: signature.inputs .*; model.json: signature.score .*; model.json: parity /,
    ],
  ])('by leaving %s is refused with each fault named', async (_name, script, message) => {
    await expect(run(script)).rejects.toEqual(failing('TRAINER_OUTPUT_INVALID', message));
  });

  it('by not being there is not found', async () => {
    await expect(run('', { directory: 'gone' })).rejects.toEqual(failing('TRAINER_NOT_FOUND', /no folder .*gone/));
    await expect(run('', { command: ['no-such-program'] })).rejects.toEqual(
      failing('TRAINER_NOT_FOUND', /no-such-program cannot be started/),
    );
    await expect(run('', { requirements: 'none.txt' })).rejects.toEqual(
      failing('TRAINER_NOT_FOUND', /no requirements file .*none.txt/),
    );
  });

  it('by silence is ended, with what it started', async () => {
    const file = folder.path('silent');
    await expect(run(`echo started; (echo $$ > ${file}; sleep 60)`, { stallSeconds: 1 })).rejects.toEqual(
      failing('TRAINER_STALLED', /printed nothing for 1 s; .*started/s),
    );
    expect(isAlive(await pidIn(file))).toBe(false);
  });

  it('by taking too long is ended, though it speaks', async () => {
    await expect(run('while :; do echo on; sleep 0.1; done', { timeoutSeconds: 1 })).rejects.toEqual(
      failing('TRAINER_STALLED', /ran longer than 1 s/),
    );
  });
});

describe('a trainer that is cancelled', () => {
  it('gets SIGTERM first', async () => {
    const controller = new AbortController();
    const file = folder.path('asked');
    const lines: string[] = [];
    const running = run(
      `trap 'echo cleaned; exit 0' TERM; echo $$ > ${file}; while :; do sleep 0.05; done`,
      {},
      { signal: controller.signal, onLine: (line) => lines.push(line) },
    );
    const pid = await pidIn(file);
    controller.abort(new Error('cancelled by test'));
    await expect(running).rejects.toThrow('cancelled by test');
    expect(lines).toContain('cleaned');
    expect(isAlive(pid)).toBe(false);
  });

  it('is killed if it ignores SIGTERM, with what it started', async () => {
    const controller = new AbortController();
    const [own, child] = [folder.path('stubborn'), folder.path('stubborn-child')];
    const running = run(
      `trap '' TERM; echo $$ > ${own}; sh -c 'trap "" TERM; echo $$ > ${child}; while :; do sleep 1; done' & wait`,
      {},
      { signal: controller.signal },
    );
    const pids = [await pidIn(own), await pidIn(child)];
    controller.abort(new Error('cancelled by test'));
    await expect(running).rejects.toThrow('cancelled by test');
    await until(() => !pids.some(isAlive));
  });

  it('is not started if that was before', async () => {
    const file = folder.path('never');
    await expect(run(`touch ${file}`, {}, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await readdir(folder.path())).not.toContain('never');
  });
});

it('does not outlive Millrace, even if that is ended by SIGKILL', async () => {
  const file = folder.path('orphan');
  const trainer = await shellTrainer(folder.path('orphan.sh'), `echo $$ > ${file}; while :; do sleep 0.1; done`);
  const options = { trainer, projectDir: folder.path(), scratchDir: folder.path(), specification };
  const script = folder.path('parent.js');
  const module = compiledModule(require.resolve('../../../engine/training/run-trainer'), './run-trainer');
  await writeFile(script, `require(${JSON.stringify(module)}).runTrainer(${JSON.stringify(options)})`);
  const parent = spawn(process.execPath, [script], { stdio: 'ignore' });
  const pid = await pidIn(file);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until(() => !isAlive(pid));
});
