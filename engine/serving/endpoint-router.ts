import { type Arm, MillraceError } from '../../schemas/index.js';
import { canonicalJson } from '../digest.js';
import { bindTensors, type InferRequest } from './infer-request.js';
import { InferenceTimeout } from './model-executor.js';
import type { ServedState } from './served-state.js';
import type { ServingMetrics, ArmLabel, Outcome } from './serving-metrics.js';
import type { ServingStatistics } from './serving-statistics.js';
import type { Batch } from './tensor-column.js';
import { chooseArm } from './traffic-split.js';
import type { ServedVersion } from './version-pool.js';

export interface RouterOptions {
  /** Longest time for the canary, in milliseconds; then the stable version answers. */
  canaryTimeoutMs: number;
  /** Longest time for the stable version, in milliseconds; then the request fails. */
  stableTimeoutMs: number;
  maxRows: number;
  statistics: ServingStatistics;
  metrics: ServingMetrics;
}

/** Scores, and who gave them. */
export interface Answer {
  scores: Float32Array;
  arm: Arm;
  version: ServedVersion;
}

/** Gives requests to the versions behind an endpoint. */
export class EndpointRouter {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /**
   * Answers by the traffic split. Whatever goes wrong with the canary, the stable version answers instead: a client sees
   * an error only if that fails. Such an answer is not counted for the stable version: what the canary fails on is no
   * random part of the traffic, and counting it would let a bad canary spoil the figures that it is compared with.
   * @throws MillraceError INPUT_INVALID, INFERENCE_FAILED; MODEL_SERVER_UNAVAILABLE without a stable version
   */
  async answer(served: ServedState, request: InferRequest): Promise<Answer> {
    const { endpoint, canaryWeight: weight } = served.state;
    const { stable, canary } = served;
    if (stable === null) throw new MillraceError('MODEL_SERVER_UNAVAILABLE', `${endpoint} has no stable version`);
    const split = { endpoint, weight, random: Math.random(), entityKey: request.entityKey };
    if (canary === null || chooseArm(split) === 'stable') {
      return this.#stable(endpoint, stable, 'stable', this.#bind(endpoint, request, stable));
    }
    let batch: Batch;
    try {
      batch = bindTensors(request, canary.signature, this.#options.maxRows);
    } catch {
      // A request that fits neither version is the client's fault; one that fits only the stable version is the canary's.
      const fallback = this.#bind(endpoint, request, stable);
      this.#count(endpoint, canary, 'canary', 'invalid', 0);
      return this.#stable(endpoint, stable, 'fallback', fallback);
    }
    try {
      const scores = await this.#score(endpoint, canary, 'canary', batch, this.#options.canaryTimeoutMs);
      return { scores, arm: 'canary', version: canary };
    } catch {
      const same = canonicalJson(canary.signature.inputs) === canonicalJson(stable.signature.inputs);
      return this.#stable(endpoint, stable, 'fallback', same ? batch : this.#bind(endpoint, request, stable));
    }
  }

  /**
   * Answers with the version that the request names, whatever its share of the traffic. These requests are not counted
   * for a rollout: whoever names a version is not a random part of the traffic.
   * @throws MillraceError INPUT_INVALID, INFERENCE_FAILED
   */
  async answerExplicitly(served: ServedState, version: ServedVersion, request: InferRequest): Promise<Answer> {
    const { endpoint } = served.state;
    const batch = this.#bind(endpoint, request, version);
    const scores = await this.#score(endpoint, version, 'explicit', batch, this.#options.stableTimeoutMs);
    return { scores, arm: version === served.stable ? 'stable' : 'canary', version };
  }

  async #stable(endpoint: string, version: ServedVersion, label: 'stable' | 'fallback', batch: Batch): Promise<Answer> {
    const scores = await this.#score(endpoint, version, label, batch, this.#options.stableTimeoutMs);
    return { scores, arm: 'stable', version };
  }

  #bind(endpoint: string, request: InferRequest, version: ServedVersion): Batch {
    try {
      return bindTensors(request, version.signature, this.#options.maxRows);
    } catch (error) {
      this.#options.metrics.rejected(endpoint);
      throw error;
    }
  }

  async #score(
    endpoint: string,
    version: ServedVersion,
    arm: ArmLabel,
    batch: Batch,
    timeoutMs: number,
  ): Promise<Float32Array> {
    const start = performance.now();
    try {
      const scores = await version.executor.score(batch, timeoutMs);
      this.#count(endpoint, version, arm, 'ok', performance.now() - start);
      return scores;
    } catch (error) {
      const outcome = error instanceof InferenceTimeout ? 'timeout' : 'error';
      this.#count(endpoint, version, arm, outcome, performance.now() - start);
      throw error;
    }
  }

  #count(endpoint: string, { ref }: ServedVersion, arm: ArmLabel, outcome: Outcome, milliseconds: number): void {
    const { statistics, metrics } = this.#options;
    metrics.answered(endpoint, ref.version, arm, outcome, milliseconds);
    if (arm === 'stable' || arm === 'canary') {
      statistics.arm(endpoint, arm, ref.version).record(milliseconds, outcome !== 'ok');
    }
  }
}
