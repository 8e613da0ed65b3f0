import type { Arm, EndpointState } from '../../schemas/index.js';
import type { ServedVersion } from './version-pool.js';

/**
 * One generation of an endpoint with its versions loaded. A request works on the state that it began with, to the end:
 * the state's versions are given back only after the state has been replaced and its last request is answered.
 */
export class ServedState {
  #requests = 0;
  #retired = false;

  constructor(
    readonly state: EndpointState,
    readonly stable: ServedVersion | null,
    readonly canary: ServedVersion | null,
    private readonly onUnused: () => void,
  ) {}

  /** The versions with their roles. */
  get arms(): { arm: Arm; version: ServedVersion }[] {
    return [
      ...(this.stable === null ? [] : [{ arm: 'stable' as const, version: this.stable }]),
      ...(this.canary === null ? [] : [{ arm: 'canary' as const, version: this.canary }]),
    ];
  }

  /** Runs a request on the state. */
  async use<T>(request: (served: ServedState) => Promise<T>): Promise<T> {
    this.#requests += 1;
    try {
      return await request(this);
    } finally {
      this.#requests -= 1;
      this.#dropIfUnused();
    }
  }

  /** Called once, when another state has taken its place. */
  retire(): void {
    this.#retired = true;
    this.#dropIfUnused();
  }

  #dropIfUnused(): void {
    if (this.#retired && this.#requests === 0) this.onUnused();
  }
}
