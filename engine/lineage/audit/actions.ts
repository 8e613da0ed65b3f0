import { z } from 'zod';
import { markedName, responsibilitySchema, type LineageRecord } from '../../../schemas/index.js';
import type { Answer } from '../ledger.js';

/** A change of state by a person or a service, as a record tells it. */
export interface Action {
  actor: string;
  action: string;
  target: string;
  reason: string;
  runId: string | null;
}

/** The part of a frozen specification that says that a run goes without its checks. */
const checksOffSchema = z.object({ checksOff: responsibilitySchema.optional() });

/** Names of setting and of lifting each mark. */
const MARK_ACTIONS = { pin: ['pin', 'unpin'], hold: ['hold', 'release_hold'], taint: ['taint', 'clear'] } as const;

/** What a record says was done, by whom, to what and why; nothing for records that change nothing for others. */
export function actionsOf(record: LineageRecord, answer: Answer): Action[] {
  switch (record.kind) {
    case 'run_started': {
      const { runId, requestedBy, force, workflowId } = record;
      const target = workflowId;
      const started = { actor: requestedBy, action: 'start', target, reason: `for ${record.logicalTime}`, runId };
      const off = checksOffSchema.safeParse(record.specification).data?.checksOff;
      return [
        started,
        ...(force === null ? [] : [{ actor: force.by, action: 'force', target, reason: force.reason, runId }]),
        ...(record.writtenBy === undefined
          ? []
          : [{ actor: record.writtenBy, action: 'repair', target, reason: 'its beginning was not on record', runId }]),
        ...(off === undefined ? [] : [{ actor: off.by, action: 'checks_off', target, reason: off.reason, runId }]),
      ];
    }
    case 'run_finished': {
      const { writtenBy: actor, workflowId: target = record.runId, message, runId } = record;
      return actor === undefined ? [] : [{ actor, action: 'repair', target, reason: message, runId }];
    }
    case 'dataset_published': {
      const { dataset, partition, version, runId, step } = record;
      const target = `dataset:${dataset}/${partition}@${version}`;
      return [{ actor: `run ${runId}`, action: 'publish', target, reason: `step ${step}`, runId }];
    }
    case 'model_registered': {
      const { ref, runId, step } = record;
      const target = `model:${ref.model}@${answer.modelVersion}`;
      return [{ actor: `run ${runId}`, action: 'register', target, reason: `step ${step}`, runId }];
    }
    case 'alias_moved': {
      const { model, alias, version, actor, reason, runId } = record;
      const from = answer.aliasFrom == null ? 'nothing' : `v${answer.aliasFrom}`;
      const to = version === null ? 'nothing' : `v${version}`;
      return [{ actor, action: 'alias', target: `${model}@${alias}: ${from} to ${to}`, reason, runId }];
    }
    case 'endpoint_changed': {
      const { endpoint, stable, canary, canaryWeight, actor, reason, runId } = record;
      const state = [
        stable === null ? 'retired' : `stable v${stable.version}`,
        ...(canary === null ? [] : [`canary v${canary.version} at ${canaryWeight} %`]),
      ];
      return [{ actor, action: 'traffic', target: `endpoint:${endpoint}: ${state.join(', ')}`, reason, runId }];
    }
    case 'rollout_finished': {
      const { result, runId } = record;
      const back = result.outcome === 'rolled_back' || result.outcome === 'reverted';
      const action = back ? 'roll_back' : 'promote';
      if (result.outcome === 'unchanged') return [];
      const target = `endpoint:${result.endpoint}: ${result.candidate.model} v${result.candidate.version}`;
      return [{ actor: `run ${runId}`, action, target, reason: result.reason, runId }];
    }
    case 'mark_set':
    case 'mark_lifted': {
      const { mark, on, actor, reason } = record;
      const [set, lifted] = MARK_ACTIONS[mark];
      const runId = record.kind === 'mark_set' ? (record.runId ?? null) : null;
      const until = record.kind === 'mark_set' && record.until !== null ? `, until ${record.until}` : '';
      const action = record.kind === 'mark_set' ? set : lifted;
      return [{ actor, action, target: markedName(on), reason: `${reason}${until}`, runId }];
    }
    case 'version_removed': {
      const { ref, actor, reason } = record;
      const target = `dataset:${ref.dataset}/${ref.partition}@${ref.version}`;
      return [{ actor, action: 'remove', target, reason, runId: null }];
    }
    case 'partitions_changed': {
      const { set, actor, reason } = record;
      const { added = [], removed = [] } = answer;
      const target = `partitions:${set}`;
      const action = (name: string, keys: readonly string[]) =>
        keys.length === 0
          ? []
          : [
              {
                actor,
                action: name,
                target,
                reason: `${keysInWords(keys)}${reason === '' ? '' : `: ${reason}`}`,
                runId: null,
              },
            ];
      return [...action('add_partitions', added), ...action('remove_partitions', removed)];
    }
    case 'action_taken': {
      const { actor, action, target, reason, runId } = record;
      return [{ actor, action, target, reason, runId: runId ?? null }];
    }
    default:
      return [];
  }
}

/** Keys that the audit names; the event has them all. */
const NAMED_KEYS = 10;

function keysInWords(keys: readonly string[]): string {
  const more = keys.length - NAMED_KEYS;
  return `${keys.slice(0, NAMED_KEYS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
