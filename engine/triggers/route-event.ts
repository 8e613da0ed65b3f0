import {
  hint,
  isMillraceError,
  MillraceError,
  partitionKeyProblem,
  type DeclaredPartitions,
  type LackingInput,
  type Pipeline,
  type Trigger,
  type TriggerEvent,
  type TriggerOf,
} from '../../schemas/index.js';
import {
  dynamicParts,
  dynamicSets,
  neededKeys,
  partitionsWithin,
  partitionWindow,
  withKeys,
} from '../datasets/index.js';
import { closedPartitions, freezePipeline } from '../pipelines/index.js';

/** A run that an event asks for. */
export interface Target {
  partition: string;
  params: TriggerEvent['params'];
  /** What must be newer than the last run before it starts; empty where nothing must. */
  needs: LackingInput[];
}

/** What an event means: runs, and when; or why it means nothing. */
export type Route =
  | ({ trigger: string; targets: Target[] } & Pick<Trigger, 'debounceSeconds' | 'maxWaitSeconds' | 'whileRunning'>)
  | { trigger: string; ignored: string };

type Sets = ReadonlyMap<string, readonly string[]>;

/** Settings of events of a service whose pipeline declares no trigger for them. */
const UNDECLARED = { debounceSeconds: 0, maxWaitSeconds: 600, whileRunning: 'queue', params: {} } as const;

/**
 * Decides what an event means for a pipeline. Never throws about the event: what makes no sense is ignored for a reason.
 * @param now ISO 8601; decides which partition is the last complete one
 * @param sets keys of dynamic sets by name, as far as the event needs them; see `keysOfEvent`
 */
export function routeEvent(
  pipelines: readonly Pipeline[],
  name: string,
  event: TriggerEvent,
  now: string,
  sets: Sets = new Map(),
): Route {
  const pipeline = pipelines.find((candidate) => candidate.name === name);
  if (pipeline === undefined) {
    return { trigger: event.trigger ?? event.source, ignored: `PIPELINE_UNKNOWN: there is no pipeline "${name}"` };
  }
  const trigger = triggerOf(pipeline, event);
  if (typeof trigger === 'string') return { trigger: event.trigger ?? event.source, ignored: trigger };
  const { debounceSeconds, maxWaitSeconds, whileRunning } = trigger ?? UNDECLARED;
  const params = { ...(trigger ?? UNDECLARED).params, ...event.params };
  try {
    freezePipeline(pipeline, params);
    if (trigger?.addPartition === true) requireGoodKeys(pipeline, event);
    const targets = partitionsOf(pipelines, pipeline, event, now, sets).map((partition) => ({
      partition,
      params,
      needs: trigger?.on === 'dataset' ? needsOf(pipelines, pipeline, trigger, partition, sets) : [],
    }));
    return { trigger: trigger?.name ?? event.source, targets, debounceSeconds, maxWaitSeconds, whileRunning };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { trigger: trigger?.name ?? event.source, ignored: `${error.code}: ${error.message}` };
  }
}

/** A key that would be added, were it one. @throws PARTITION_INVALID */
function requireGoodKeys({ partitions }: Pipeline, { dataset, partition }: TriggerEvent): void {
  if (partition === undefined || dataset !== undefined) return;
  for (const { set, key } of dynamicParts(partitions, partition)) {
    const problem = partitionKeyProblem(key);
    if (problem === undefined) continue;
    throw new MillraceError('PARTITION_INVALID', `${JSON.stringify(key)} is not added to ${set}: a key ${problem}`);
  }
}

/** What an event has to do with dynamic sets. */
export interface KeysOfEvent {
  /** Keys that it names. */
  named: { set: string; key: string }[];
  /** Sets of which all keys matter. */
  whole: string[];
  /** Name of the trigger, where that adds keys which a set does not have. */
  addedBy: string | undefined;
}

/** Which keys have to be known to route an event, before anything is asked. */
export function keysOfEvent(pipelines: readonly Pipeline[], name: string, event: TriggerEvent): KeysOfEvent {
  const nothing: KeysOfEvent = { named: [], whole: [], addedBy: undefined };
  const pipeline = pipelines.find((candidate) => candidate.name === name);
  if (pipeline === undefined) return nothing;
  const trigger = triggerOf(pipeline, event);
  if (typeof trigger === 'string') return nothing;
  const { dataset, partition } = event;
  const own = pipeline.partitions;
  const addedBy = trigger?.addPartition === true ? trigger.name : undefined;
  if (partition === undefined) return { named: [], whole: dynamicSets(own), addedBy: undefined };
  if (dataset === undefined) return { named: dynamicParts(own, partition), whole: [], addedBy };
  const cut = cutOf(pipelines, dataset) ?? own;
  const needed = neededKeys(own, cut, partition);
  const inputs = trigger?.on === 'dataset' && trigger.require === 'all' ? trigger.datasets : [];
  return {
    named: [...dynamicParts(cut, partition), ...needed.flatMap(({ set, key }) => (key === null ? [] : [{ set, key }]))],
    whole: [
      ...needed.flatMap(({ set, key }) => (key === null ? [set] : [])),
      ...inputs.flatMap((input) => dynamicSets(cutOf(pipelines, input) ?? own)),
    ],
    addedBy,
  };
}

/** The trigger of an event; undefined where a service needs none; a text says why there is none. */
function triggerOf({ name, triggers }: Pipeline, event: TriggerEvent): Trigger | undefined | string {
  const there = triggers.filter(({ on }) => on === event.source);
  const found = there.find((trigger) => event.trigger === undefined || trigger.name === event.trigger);
  if (found !== undefined) return found;
  if (event.source === 'service' && event.trigger === undefined) return undefined;
  const names = there.map((trigger) => trigger.name);
  const which = event.trigger === undefined ? '' : ` "${event.trigger}"${hint(event.trigger, names)}`;
  return `${name} has no trigger on ${event.source}${which}`;
}

function partitionsOf(
  pipelines: readonly Pipeline[],
  { partitions }: Pipeline,
  { dataset, partition }: TriggerEvent,
  now: string,
  sets: Sets,
): string[] {
  const own = withKeys(partitions, sets);
  if (partition === undefined) return closedPartitions(own, now);
  const keys =
    dataset === undefined
      ? [partition]
      : partitionsWithin(own, withKeys(cutOf(pipelines, dataset) ?? partitions, sets), partition);
  // A key out of the range of the pipeline is refused here.
  for (const key of keys) partitionWindow(own, key);
  return keys;
}

function needsOf(
  pipelines: readonly Pipeline[],
  { partitions }: Pipeline,
  { datasets, require }: TriggerOf<'dataset'>,
  partition: string,
  sets: Sets,
): LackingInput[] {
  if (require === 'any') return [];
  return datasets.map((dataset) => ({
    dataset,
    partitions: partitionsWithin(
      withKeys(cutOf(pipelines, dataset) ?? partitions, sets),
      withKeys(partitions, sets),
      partition,
    ),
  }));
}

/** How the pipeline that writes a dataset is cut; undefined where no pipeline of the configuration does. */
function cutOf(pipelines: readonly Pipeline[], dataset: string): DeclaredPartitions | undefined {
  const writer = pipelines.find(({ steps }) => Object.values(steps).some((step) => step.dataset === dataset));
  return writer?.partitions;
}
