import { MillraceError, type EndpointState, isMillraceError } from '../../schemas/index.js';
import { canonicalJson } from '../digest.js';
import type { EndpointSource, ServingLogger } from './model-source.js';
import { ServedState } from './served-state.js';
import type { ServedVersion, VersionPool } from './version-pool.js';

/** Pause after a failed load before the same state is tried again, in milliseconds: doubled each time up to the longest. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** An endpoint as this server has it. */
export interface Endpoint {
  name: string;
  /** State in force; null before the first could be loaded. */
  served: ServedState | null;
  /** Why the newest state could not be put in force, and its generation. */
  error: { generation: number; message: string } | null;
}

interface Slot extends Endpoint {
  /** Newest state that was tried, as canonical JSON. */
  tried: string;
  failures: number;
  retryAt: number;
  loading: Promise<void> | undefined;
}

export interface EndpointFollowerOptions {
  source: EndpointSource;
  pool: VersionPool;
  pollMs: number;
  logger: ServingLogger;
  /** Called after a state was put in force, and after one could not be. */
  onChange: (endpoint: Endpoint) => void;
}

/**
 * Keeps the endpoints as the owner says they are. A state is loaded completely before it takes the place of the one
 * before in one step; until then, and for as long as it cannot be loaded or the owner does not answer, that one stays.
 */
export class EndpointFollower {
  readonly #options: EndpointFollowerOptions;
  readonly #slots = new Map<string, Slot>();
  #lastAnswer: Date | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #closed = false;
  #silent = false;

  constructor(options: EndpointFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const round = (): void => {
      this.#polling = this.#poll().then(() => {
        if (!this.#closed) this.#timer = setTimeout(round, this.#options.pollMs);
      });
    };
    round();
  }

  get endpoints(): Endpoint[] {
    return [...this.#slots.values()];
  }

  /** When the owner answered last. */
  get lastAnswer(): Date | undefined {
    return this.#lastAnswer;
  }

  endpoint(name: string): Endpoint | undefined {
    return this.#slots.get(name);
  }

  /** Whether the owner has answered, and every endpoint that has a stable version can answer. */
  get ready(): boolean {
    return this.#lastAnswer !== undefined && this.endpoints.every((endpoint) => endpoint.served !== null);
  }

  /** Stops following and gives all versions back, once their requests are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    for (const slot of this.#slots.values()) await slot.loading;
    for (const slot of this.#slots.values()) slot.served?.retire();
  }

  async #poll(): Promise<void> {
    let states: EndpointState[];
    try {
      states = await this.#options.source.endpoints();
    } catch (error) {
      // Said once for each silence, not at every poll.
      if (!this.#silent) this.#options.logger.warn({ err: error }, 'endpoints unknown; serving the last state');
      this.#silent = true;
      return;
    }
    this.#silent = false;
    this.#lastAnswer = new Date();
    // An endpoint that is no longer listed stays: one that is retired is listed without a stable version, so an
    // answer without it comes from an owner that has lost its record.
    if (!this.#closed) for (const state of states) this.#follow(state);
  }

  #follow(state: EndpointState): void {
    let slot = this.#slots.get(state.endpoint);
    if (slot === undefined) {
      const { endpoint: name } = state;
      slot = { name, served: null, error: null, tried: '', failures: 0, retryAt: 0, loading: undefined };
      this.#slots.set(name, slot);
    }
    if (slot.loading !== undefined) return;
    const wanted = canonicalJson(state);
    if (slot.tried === wanted && (slot.error === null || Date.now() < slot.retryAt)) return;
    if (slot.tried !== wanted) {
      // What was wrong with another state says nothing about this one.
      slot.error = null;
      slot.failures = 0;
    }
    slot.tried = wanted;
    slot.loading = this.#apply(slot, state).finally(() => (slot.loading = undefined));
  }

  async #apply(slot: Slot, state: EndpointState): Promise<void> {
    const { logger, onChange } = this.#options;
    const { endpoint, generation } = state;
    try {
      const next = await this.#load(state);
      const previous = slot.served;
      slot.served = next;
      slot.error = null;
      slot.failures = 0;
      previous?.retire();
      const versions = next.arms.map(({ arm, version }) => `${arm} ${version.ref.model}@${version.ref.version}`);
      logger.info({ endpoint, generation, weight: state.canaryWeight, versions }, 'endpoint state in force');
    } catch (error) {
      const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** slot.failures);
      slot.failures += 1;
      slot.retryAt = Date.now() + pause;
      const message = isMillraceError(error) ? `${error.code}: ${error.message}` : String(error);
      slot.error = { generation, message };
      logger.error({ err: error, endpoint, generation }, 'endpoint state cannot be put in force');
    }
    onChange(slot);
  }

  async #load(state: EndpointState): Promise<ServedState> {
    const { pool } = this.#options;
    if (state.stable === null && state.canary !== null) {
      throw new MillraceError('INPUT_INVALID', `${state.endpoint} has a canary, but no stable version behind it`);
    }
    const loads = await Promise.allSettled(
      [state.stable, state.canary].map(async (ref) => (ref === null ? null : pool.acquire(ref))),
    );
    const versions = loads.map((load) => (load.status === 'fulfilled' ? load.value : null));
    const release = (): void => {
      for (const version of versions) if (version !== null) pool.release(version);
    };
    const failed = loads.find((load) => load.status === 'rejected');
    if (failed !== undefined) {
      release();
      throw failed.reason;
    }
    const [stable, canary] = versions as [ServedVersion | null, ServedVersion | null];
    return new ServedState(state, stable, canary, release);
  }
}
