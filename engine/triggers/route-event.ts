import {
  hint,
  isMillraceError,
  type LackingInput,
  type Partitions,
  type Pipeline,
  type Trigger,
  type TriggerEvent,
  type TriggerOf,
} from '../../schemas/index.js';
import { partitionsWithin, partitionWindow } from '../datasets/index.js';
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

/** Settings of events of a service whose pipeline declares no trigger for them. */
const UNDECLARED = { debounceSeconds: 0, maxWaitSeconds: 600, whileRunning: 'queue', params: {} } as const;

/**
 * Decides what an event means for a pipeline. Never throws about the event: what makes no sense is ignored for a reason.
 * @param now ISO 8601; decides which partition is the last complete one
 */
export function routeEvent(pipelines: readonly Pipeline[], name: string, event: TriggerEvent, now: string): Route {
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
    const targets = partitionsOf(pipelines, pipeline, event, now).map((partition) => ({
      partition,
      params,
      needs: trigger?.on === 'dataset' ? needsOf(pipelines, pipeline, trigger, partition) : [],
    }));
    return { trigger: trigger?.name ?? event.source, targets, debounceSeconds, maxWaitSeconds, whileRunning };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { trigger: trigger?.name ?? event.source, ignored: `${error.code}: ${error.message}` };
  }
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
): string[] {
  if (partition === undefined) return closedPartitions(partitions, now);
  const keys =
    dataset === undefined
      ? [partition]
      : partitionsWithin(partitions, cutOf(pipelines, dataset) ?? partitions, partition);
  // A key out of the range of the pipeline is refused here.
  for (const key of keys) partitionWindow(partitions, key);
  return keys;
}

function needsOf(
  pipelines: readonly Pipeline[],
  { partitions }: Pipeline,
  { datasets, require }: TriggerOf<'dataset'>,
  partition: string,
): LackingInput[] {
  if (require === 'any') return [];
  return datasets.map((dataset) => ({
    dataset,
    partitions: partitionsWithin(cutOf(pipelines, dataset) ?? partitions, partitions, partition),
  }));
}

/** How the pipeline that writes a dataset is cut; undefined where no pipeline of the configuration does. */
function cutOf(pipelines: readonly Pipeline[], dataset: string): Partitions | undefined {
  const writer = pipelines.find(({ steps }) => Object.values(steps).some((step) => step.dataset === dataset));
  return writer?.partitions;
}
