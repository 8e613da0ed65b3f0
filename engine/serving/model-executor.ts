import { MillraceError, type ModelSignature } from '../../schemas/index.js';
import { InferenceWorker } from './inference-worker.js';
import { type Batch, concatBatches } from './tensor-column.js';

/** Most rows that are run at once: enough to gain from it, few enough that nobody waits long behind a batch. */
const MAX_BATCH_ROWS = 1_024;

/** Pause before a thread that could not be replaced is tried again, in milliseconds. */
const RESTART_MS = 1_000;

export interface ModelExecutorOptions {
  modelPath: string;
  signature: ModelSignature;
  /** Threads with a session each; default 1. More help only where the requests of one version need more than a core. */
  threads?: number;
  /** Told of each batch that has been run: requests and rows in it. */
  onBatch?: (requests: number, rows: number) => void;
  /** Told when a thread died and is replaced. */
  onRestart?: (error: unknown) => void;
}

/** Thrown when a version did not answer within its time. */
export class InferenceTimeout extends MillraceError {
  constructor(timeoutMs: number) {
    super('INFERENCE_FAILED', `no answer within ${timeoutMs} ms`);
  }
}

interface Task {
  batch: Batch;
  settled: boolean;
  resolve(scores: Float32Array): void;
  reject(error: Error): void;
}

/**
 * Runs one model version on threads of its own, so that a slow version delays nobody else's requests. Requests that
 * arrive while a run is under way wait and then go as one batch.
 */
export class ModelExecutor {
  readonly #options: ModelExecutorOptions;
  readonly #workers = new Set<InferenceWorker>();
  readonly #idle: InferenceWorker[] = [];
  readonly #runs = new Set<Promise<void>>();
  #waiting: Task[] = [];
  #closing = false;
  #restart: NodeJS.Timeout | undefined;

  private constructor(options: ModelExecutorOptions) {
    this.#options = options;
  }

  /**
   * Loads the model in each thread and warms it up.
   * @throws MillraceError MODEL_UNLOADABLE
   */
  static async load(options: ModelExecutorOptions): Promise<ModelExecutor> {
    const executor = new ModelExecutor(options);
    const starts = Array.from({ length: options.threads ?? 1 }, () => executor.#addWorker());
    const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
    if (failed === undefined) return executor;
    await executor.close();
    throw failed.reason;
  }

  /**
   * Scores of the rows.
   * @throws MillraceError INFERENCE_FAILED when the model raises; InferenceTimeout after `timeoutMs`
   */
  score(batch: Batch, timeoutMs: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      const task: Task = {
        batch,
        settled: false,
        resolve: (scores) => settle(() => resolve(scores)),
        reject: (error) => settle(() => reject(error)),
      };
      const settle = (act: () => void): void => {
        if (task.settled) return;
        task.settled = true;
        clearTimeout(timer);
        act();
      };
      const timer = setTimeout(() => task.reject(new InferenceTimeout(timeoutMs)), timeoutMs);
      this.#waiting.push(task);
      this.#dispatch();
    });
  }

  /** Ends the threads. Requests are to be answered before; what is still waiting is rejected. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    for (const task of this.#waiting) task.reject(new MillraceError('INFERENCE_FAILED', 'the version was unloaded'));
    this.#waiting = [];
    await Promise.all([...this.#workers].map((worker) => worker.end()));
    await Promise.all(this.#runs);
  }

  async #addWorker(): Promise<void> {
    const { modelPath, signature } = this.#options;
    const worker = await InferenceWorker.start({ modelPath, signature });
    this.#workers.add(worker);
    this.#idle.push(worker);
    void worker.ended.then(() => this.#removeWorker(worker));
    if (this.#closing) await worker.end();
    else this.#dispatch();
  }

  /** A thread that ended by itself is replaced, as long as it takes: the version is still in force. */
  #removeWorker(worker: InferenceWorker): void {
    this.#workers.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closing) return;
    const restart = (): void => {
      this.#addWorker().catch((error: unknown) => {
        this.#options.onRestart?.(error);
        if (!this.#closing) this.#restart = setTimeout(restart, RESTART_MS);
      });
    };
    this.#options.onRestart?.(undefined);
    restart();
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      if (worker === undefined) return;
      const tasks = this.#takeBatch();
      if (tasks.length === 0) {
        this.#idle.push(worker);
        return;
      }
      const run = this.#run(worker, tasks);
      this.#runs.add(run);
      void run.then(() => this.#runs.delete(run));
    }
  }

  /** The oldest requests that are still wanted, up to MAX_BATCH_ROWS; a larger request goes alone. */
  #takeBatch(): Task[] {
    this.#waiting = this.#waiting.filter((task) => !task.settled);
    let rows = 0;
    let end = 0;
    for (const task of this.#waiting) {
      if (end > 0 && rows + task.batch.rows > MAX_BATCH_ROWS) break;
      rows += task.batch.rows;
      end += 1;
    }
    return this.#waiting.splice(0, end);
  }

  async #run(worker: InferenceWorker, tasks: Task[]): Promise<void> {
    const batch = concatBatches(tasks.map((task) => task.batch));
    this.#options.onBatch?.(tasks.length, batch.rows);
    try {
      const { scores, failures } = await worker.run({ batch, rowCounts: tasks.map((task) => task.batch.rows) });
      let start = 0;
      tasks.forEach((task, index) => {
        const failure = failures[index] ?? null;
        const end = start + task.batch.rows;
        if (failure === null) task.resolve(scores.subarray(start, end));
        else task.reject(new MillraceError('INFERENCE_FAILED', failure));
        start = end;
      });
    } catch (error) {
      for (const task of tasks) task.reject(error as Error);
      return;
    }
    this.#idle.push(worker);
    this.#dispatch();
  }
}
