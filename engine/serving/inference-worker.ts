import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../schemas/index.js';
import { compiledModule } from '../threads.js';
import type { InferenceThreadData, InferenceThreadMessage, InferenceThreadRequest } from './inference-thread.js';

/** How long a thread may take to end, in milliseconds, before it is left to itself. */
const END_MS = 5_000;

/** What became of a batch: scores of all rows, and for each request what went wrong with it, if anything. */
export type BatchAnswer = Omit<InferenceThreadMessage & { type: 'answer' }, 'type'>;

/** The main thread's end of an inference thread. It takes one batch at a time. */
export class InferenceWorker {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #pending: { resolve(answer: BatchAnswer): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: InferenceThreadMessage) => {
      if (message.type !== 'answer') return;
      const pending = this.#pending;
      this.#pending = undefined;
      pending?.resolve(message);
    });
    worker.on('error', (error) => (this.#failure = error));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#giveUp(`the inference thread ended: ${this.#failure?.message ?? `exit code ${code}`}`);
        resolve();
      });
    });
  }

  /**
   * Starts a thread, loads the model in it and warms it up.
   * @throws MillraceError MODEL_UNLOADABLE
   */
  static async start(data: InferenceThreadData): Promise<InferenceWorker> {
    const worker = new Worker(compiledModule(__filename, './inference-thread'), { workerData: data });
    const handle = new InferenceWorker(worker);
    await new Promise<void>((resolve, reject) => {
      const unloadable = (message: string, cause?: unknown): void =>
        reject(new MillraceError('MODEL_UNLOADABLE', `${data.modelPath}: ${message}`, { cause }));
      worker.on('message', (message: InferenceThreadMessage) => {
        if (message.type === 'ready') resolve();
        if (message.type === 'unloadable') unloadable(message.message);
      });
      worker.once('error', (error) => unloadable(error.message, error));
      worker.once('exit', (code) => unloadable(`the inference thread ended with exit code ${code}`));
    });
    return handle;
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  run(request: InferenceThreadRequest): Promise<BatchAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#worker.postMessage(request);
    });
  }

  /**
   * Ends the thread after the batch that is under way. A thread that takes longer than 5 s is left to itself, and ends when
   * its batch does, and a process that is to end waits for it. It is never terminated: onnxruntime-node throws into a thread that
   * is being ended, and that aborts the process.
   */
  async end(): Promise<void> {
    this.#worker.postMessage('end');
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#ended, new Promise((resolve) => (timer = setTimeout(resolve, END_MS)))]);
    clearTimeout(timer);
    this.#giveUp('the version was unloaded');
  }

  #giveUp(why: string): void {
    this.#pending?.reject(new MillraceError('INFERENCE_FAILED', why));
    this.#pending = undefined;
  }
}
