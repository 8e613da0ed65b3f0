import { digestOf } from '../engine/digest.js';
import { keysOfEvent } from '../engine/triggers/index.js';
import { KEYS_A_REQUEST, partitionKeyProblem, type TriggerEvent } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';

/**
 * Keys of dynamic sets as far as events need them, by name of the set. Keys that events name and a set does not have are added where
 * their trigger says so, once, however often it is tried.
 */
export async function keysForEvents(
  { config, lineage }: Pick<ActivityDependencies, 'config' | 'lineage'>,
  pipeline: string,
  events: readonly TriggerEvent[],
): Promise<Map<string, string[]>> {
  const asked = events.map((event) => ({ event, ...keysOfEvent(config.pipelines, pipeline, event) }));
  const whole = new Set(asked.flatMap((one) => one.whole));
  const named = new Map<string, Set<string>>();
  for (const { set, key } of asked.flatMap((one) => one.named)) named.set(set, (named.get(set) ?? new Set()).add(key));
  const found = new Map<string, string[]>();
  for (const [set, keys] of named) found.set(set, await knownOf(set, [...keys]));
  for (const { event, named: parts, addedBy } of asked) {
    if (addedBy === undefined) continue;
    for (const { set, key } of parts) {
      const known = found.get(set) ?? [];
      if (known.includes(key) || partitionKeyProblem(key) !== undefined) continue;
      await lineage.partitionSets.change(set, {
        id: changeId(pipeline, event.id),
        ...{ add: [key], by: event.requestedBy ?? `trigger ${addedBy}`, reason: `event ${event.id}` },
      });
      found.set(set, [...known, key]);
    }
  }
  for (const set of whole) found.set(set, await lineage.partitionSets.all(set));
  return found;

  async function knownOf(set: string, keys: readonly string[]): Promise<string[]> {
    const known: string[] = [];
    for (let start = 0; start < keys.length; start += KEYS_A_REQUEST) {
      known.push(...(await lineage.partitionSets.known(set, keys.slice(start, start + KEYS_A_REQUEST))).known);
    }
    return known;
  }
}

/** What tells the change of an event from all others, whole or as a digest: a part of it may be that of another event too. */
function changeId(pipeline: string, event: string): string {
  const whole = `event/${pipeline}/${event}`;
  return whole.length <= 200 ? whole : `event/${digestOf(whole)}`;
}
