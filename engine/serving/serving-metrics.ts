import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Arm } from '../../schemas/index.js';
import type { Endpoint } from './endpoint-follower.js';

/** Why an answer counts as it does. `timeout`: the version exceeded its time; `invalid`: it cannot take the request. */
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOMES = ['ok', 'error', 'timeout', 'invalid'] as const;

/**
 * How a version came to a request. `fallback`: the canary had failed on it. `explicit`: the request named the version.
 * Neither is a random part of the traffic, so a rollout compares `stable` and `canary` alone.
 */
export type ArmLabel = Arm | 'fallback' | 'explicit';

const DURATION_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one model server, in a registry of its own. */
export class ServingMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'endpoint' | 'version' | 'arm' | 'outcome'>;
  readonly #durations: Histogram<'endpoint' | 'version' | 'arm'>;
  readonly #rejected: Counter<'endpoint'>;
  readonly #batches: Histogram<'model' | 'version'>;
  readonly #restarts: Counter<'model' | 'version'>;

  /** @param facts read at each scrape */
  constructor(facts: {
    endpoints: () => Endpoint[];
    lastAnswer: () => Date | undefined;
    loadedVersions: () => number;
  }) {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'millrace_inference_requests_total',
      help: 'Requests that were given to a model version, by outcome',
      labelNames: ['endpoint', 'version', 'arm', 'outcome'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'millrace_inference_duration_seconds',
      help: 'Time from the parsed request to the answer of the version',
      labelNames: ['endpoint', 'version', 'arm'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    });
    this.#rejected = new Counter({
      name: 'millrace_inference_rejected_total',
      help: 'Requests that were refused because they do not fit the model',
      labelNames: ['endpoint'],
      registers,
    });
    this.#batches = new Histogram({
      name: 'millrace_inference_batch_requests',
      help: 'Requests that were run as one batch',
      labelNames: ['model', 'version'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    });
    this.#restarts = new Counter({
      name: 'millrace_inference_thread_restarts_total',
      help: 'Inference threads that ended unexpectedly and were replaced',
      labelNames: ['model', 'version'],
      registers,
    });
    const perEndpoint = (name: string, help: string, value: (endpoint: Endpoint) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['endpoint'],
        registers,
        collect() {
          this.reset();
          for (const endpoint of facts.endpoints()) this.set({ endpoint: endpoint.name }, value(endpoint));
        },
      });
    };
    perEndpoint('millrace_endpoint_generation', 'Generation that is in force', (e) => e.served?.state.generation ?? 0);
    perEndpoint('millrace_endpoint_ready', '1 if a state is in force', (e) => (e.served === null ? 0 : 1));
    perEndpoint('millrace_endpoint_load_failed', '1 if the newest state could not be loaded', (e) =>
      e.error === null ? 0 : 1,
    );
    perEndpoint(
      'millrace_endpoint_canary_weight_percent',
      'Share of the traffic for the canary',
      (e) => e.served?.state.canaryWeight ?? 0,
    );
    new Gauge({
      name: 'millrace_model_server_last_answer_timestamp_seconds',
      help: 'When the owner of the endpoint states answered last; 0 if never',
      registers,
      collect() {
        this.set((facts.lastAnswer()?.getTime() ?? 0) / 1000);
      },
    });
    new Gauge({
      name: 'millrace_model_server_loaded_versions',
      help: 'Model versions in memory',
      registers,
      collect() {
        this.set(facts.loadedVersions());
      },
    });
  }

  answered(endpoint: string, version: number, arm: ArmLabel, outcome: Outcome, milliseconds: number): void {
    this.#requests.inc({ endpoint, version, arm, outcome });
    this.#durations.observe({ endpoint, version, arm }, milliseconds / 1000);
  }

  rejected(endpoint: string): void {
    this.#rejected.inc({ endpoint });
  }

  batch(model: string, version: number, requests: number): void {
    this.#batches.observe({ model, version }, requests);
  }

  threadRestarted(model: string, version: number): void {
    this.#restarts.inc({ model, version });
  }

  /** Forgets an arm, so that the series of versions long gone do not add up. */
  forget(endpoint: string, version: number, arm: Arm): void {
    const arms: ArmLabel[] = arm === 'stable' ? ['stable', 'fallback', 'explicit'] : ['canary'];
    for (const label of arms) {
      for (const outcome of OUTCOMES) this.#requests.remove({ endpoint, version, arm: label, outcome });
      this.#durations.remove({ endpoint, version, arm: label });
    }
  }
}
