import { MillraceError, type ModelSignature, type ModelVersionRef, isMillraceError } from '../../schemas/index.js';
import type { LoadModel } from './model-source.js';
import { ModelExecutor, type ModelExecutorOptions } from './model-executor.js';

/** A model version that can answer. */
export interface ServedVersion {
  ref: ModelVersionRef;
  signature: ModelSignature;
  executor: ModelExecutor;
}

interface Entry {
  users: number;
  loading: Promise<ServedVersion>;
}

export interface VersionPoolOptions {
  loadModel: LoadModel;
  executor: (ref: ModelVersionRef) => Omit<ModelExecutorOptions, 'modelPath' | 'signature'>;
}

/** The loaded versions, each once, for as long as somebody uses it: promotion keeps the canary's sessions as they are. */
export class VersionPool {
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(readonly options: VersionPoolOptions) {}

  /**
   * The version, loaded and warmed up; every call needs a `release` of its own.
   * @throws MillraceError MODEL_UNLOADABLE, or what `loadModel` threw
   */
  async acquire(ref: ModelVersionRef): Promise<ServedVersion> {
    const key = keyOf(ref);
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = { users: 0, loading: this.#load(ref) }));
    entry.users += 1;
    try {
      return await entry.loading;
    } catch (error) {
      // Forgotten, so that the next attempt loads anew.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Gives a version back; without other users its threads end. */
  release(version: ServedVersion): void {
    const key = keyOf(version.ref);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#entries.delete(key);
    const closing = version.executor.close();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  /** Resolves when the threads of all released versions have ended. */
  async drained(): Promise<void> {
    await Promise.all(this.#closing);
  }

  get size(): number {
    return this.#entries.size;
  }

  async #load(ref: ModelVersionRef): Promise<ServedVersion> {
    try {
      const { modelPath, signature } = await this.options.loadModel(ref);
      const executor = await ModelExecutor.load({ modelPath, signature, ...this.options.executor(ref) });
      return { ref, signature, executor };
    } catch (error) {
      const what = `${ref.model} version ${ref.version}`;
      if (isMillraceError(error)) throw new MillraceError(error.code, `${what}: ${error.message}`, { cause: error });
      throw new MillraceError('MODEL_UNLOADABLE', `${what}: ${String(error)}`, { cause: error });
    }
  }
}

function keyOf(ref: ModelVersionRef): string {
  return `${ref.model}@${ref.version}#${ref.digest}`;
}
