import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ModelExecutor, InferenceTimeout } from '../../../engine/serving/model-executor.js';
import { InferenceWorker } from '../../../engine/serving/inference-worker.js';
import { modelPath, SIGNATURES } from './support.js';

const row = (distance: number) => ({ rows: 1, columns: [BigInt64Array.of(BigInt(distance)), ['JFK']] });

function load(name: string, options: Partial<Parameters<typeof ModelExecutor.load>[0]> = {}): Promise<ModelExecutor> {
  return ModelExecutor.load({ modelPath: modelPath(name), signature: SIGNATURES[name]!, ...options });
}

describe('ModelExecutor', () => {
  it('runs what waits as one batch', async () => {
    const batches: number[] = [];
    const executor = await load('delay-v1', { onBatch: (requests) => batches.push(requests) });
    await Promise.all([1, 2, 3, 4, 5].map((distance) => executor.score(row(distance), 10_000)));
    expect(batches).toEqual([1, 4]);
    await executor.close();
  });

  it('does not run requests that nobody waits for any more', async () => {
    const batches: number[] = [];
    const executor = await load('slow', { onBatch: (requests) => batches.push(requests) });
    const running = executor.score(row(20_000), 60_000);
    await expect(executor.score(row(1), 20)).rejects.toThrow(InferenceTimeout);
    const wanted = executor.score(row(2), 60_000);
    await Promise.all([running, wanted]);
    expect(batches).toEqual([1, 1]);
    await executor.close();
  });

  it('uses as many threads as it is given', async () => {
    const batches: number[] = [];
    const executor = await load('delay-v1', { threads: 2, onBatch: (requests) => batches.push(requests) });
    await Promise.all([1, 2, 3].map((distance) => executor.score(row(distance), 10_000)));
    expect(batches).toEqual([1, 1, 1]);
    await executor.close();
  });

  it('replaces a thread that ends by itself, and fails only what was under way in it', async () => {
    const start = jest.spyOn(InferenceWorker, 'start');
    const restarts: unknown[] = [];
    const executor = await load('slow', { onRestart: (error) => restarts.push(error) });
    const worker = (await start.mock.results[0]!.value) as InferenceWorker;
    // What is no request makes the thread throw.
    void worker.run(null as never).catch(() => undefined);
    const underWay = executor.score(row(1), 60_000);
    const waiting = executor.score(row(1), 60_000);
    await expect(underWay).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    expect(await waiting).toHaveLength(1);
    expect(restarts).toEqual([undefined]);
    await executor.close();
    start.mockRestore();
  });

  it('unloads a version whose run takes long without ending the process', async () => {
    const program = `
      const { ModelExecutor } = require(process.argv[1]);
      const input = { rows: 1, columns: [BigInt64Array.of(150000n), ['JFK']] };
      ModelExecutor.load(JSON.parse(process.argv[2])).then(async (executor) => {
        const score = executor.score(input, 60000).catch((error) => error.message);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await executor.close();
        console.log(await score);
      });`;
    const module = join(__dirname, '../../../dist/engine/serving/model-executor.js');
    const model = JSON.stringify({ modelPath: modelPath('slow'), signature: SIGNATURES.slow });
    // The process ends by itself once the run has ended, as it would with nothing left to do.
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, module, model]);
    expect(stdout).toBe('the version was unloaded\n');
  });

  it('leaves no thread behind when the model cannot be loaded', async () => {
    await expect(load('delay-v1', { threads: 2, signature: SIGNATURES.raises! })).rejects.toMatchObject({
      code: 'MODEL_UNLOADABLE',
    });
  });
});
