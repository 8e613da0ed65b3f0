import { workflowInfo } from '@temporalio/workflow';
import type { EndpointState, LineageRecord, RolloutInput, RolloutResult } from '../schemas/index.js';
import { now } from './now.js';

/** Which versions an endpoint serves, and the share of the canary. */
export type Traffic = Pick<EndpointState, 'stable' | 'canary' | 'canaryWeight'>;

/** What a rollout puts on record. */
export class RolloutRecords {
  constructor(private readonly input: RolloutInput) {}

  /** A change of traffic. @param generation that is replaced @param outcome what the rollout came to, once that is decided */
  traffic(traffic: Traffic, generation: number, reason: string, outcome?: RolloutResult['outcome']): LineageRecord {
    return {
      ...this.base(`generation/${generation + 1}`),
      ...traffic,
      kind: 'endpoint_changed',
      endpoint: this.input.endpoint,
      expectedGeneration: generation,
      actor: this.input.requestedBy,
      reason: reason.slice(0, 1000),
      ...this.forced(outcome),
    };
  }

  /** The alias follows the traffic. */
  championMoved(reason: string, outcome: RolloutResult['outcome']): LineageRecord {
    const { candidate, requestedBy: actor } = this.input;
    const { model, version } = candidate;
    const moved = { kind: 'alias_moved' as const, model, alias: 'champion', version, actor, reason };
    return { ...this.base('champion'), ...moved, ...this.forced(outcome) };
  }

  /** What somebody told the rollout. @param fact tells it apart from others */
  told(fact: string, action: { actor: string; action: string; reason: string }): LineageRecord {
    return { ...this.base(fact), ...action, kind: 'action_taken', target: workflowInfo().workflowId };
  }

  finished(result: RolloutResult): LineageRecord {
    return { ...this.base('finished'), kind: 'rollout_finished', result };
  }

  private forced(outcome: RolloutResult['outcome'] | undefined): Pick<RolloutInput, 'force'> {
    const { force, revert, requestedBy: by } = this.input;
    if (force !== undefined) return { force };
    // Where the version to go back to can't be served, what served before does again, although it was recalled.
    return revert !== undefined && outcome === 'rolled_back' ? { force: { by, reason: revert.reason } } : {};
  }

  private base(fact: string) {
    return { key: `${workflowInfo().runId}/${fact}`, at: now(), runId: this.input.runId };
  }
}
