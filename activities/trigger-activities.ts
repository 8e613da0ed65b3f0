import { eventId, routeEvent, type Route } from '../engine/triggers/index.js';
import { shortVersion, type TriggerEvent, type TriggerOf } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';
import { keysForEvents } from './event-keys.js';
import { createFileWatch } from './file-watch.js';
import { pollExecution } from './poll-execution.js';
import { notYet, sometime } from './wait-by-retry.js';

/** What an event means, and what has to be there before. */
export type RoutedEvent = { known: true } | ({ known: false } & (Extract<Route, { ignored: string }> | RoutedTargets));

interface RoutedTargets extends Omit<Extract<Route, { targets: unknown }>, 'targets'> {
  targets: { partition: string; params: TriggerEvent['params']; lacking: string[] }[];
}

/** What a look at datasets and files found. */
export interface Watched {
  /** Whether there is anything to watch. */
  watching: boolean;
  events: TriggerEvent[];
  /** For the next look at datasets. */
  cursor: number | null;
}

/** As many of what is lacking are told as people read. */
const SHOWN_LACKING = 20;

const wordsOf = (input: { dataset: string; partition: string }) => `${input.dataset} ${input.partition}`;

/** What inboxes ask of the world. */
export function createTriggerActivities(dependencies: ActivityDependencies) {
  const { config, lineage, temporal } = dependencies;
  const files = createFileWatch(dependencies);
  return {
    /** What events mean for a pipeline; by the configuration of this worker. */
    async routeEvents({ pipeline, events, now }: RouteInput): Promise<RoutedEvent[]> {
      return sometime(async () => {
        const ids = events.map(({ id }) => id);
        const known = new Set(await lineage.triggers.known(pipeline, ids));
        const fresh = events.filter(({ id }) => !known.has(id));
        const sets = await keysForEvents(dependencies, pipeline, fresh);
        return Promise.all(
          events.map(async (event, index): Promise<RoutedEvent> => {
            if (known.has(event.id) || ids.indexOf(event.id) < index) return { known: true };
            const route = routeEvent(config.pipelines, pipeline, event, now, sets);
            if ('ignored' in route) return { known: false, ...route };
            return { known: false, ...route, targets: await Promise.all(route.targets.map(withLacking(pipeline))) };
          }),
        );
      });
    },

    /** Looks at the datasets and files that triggers of a pipeline watch, until something is new. */
    async watch({ pipeline, cursor, pending }: WatchInput): Promise<Watched> {
      return sometime(async () => {
        const triggers = config.pipelines.find(({ name }) => name === pipeline)?.triggers ?? [];
        const datasets = triggers.filter((trigger) => trigger.on === 'dataset');
        const watched = triggers.filter((trigger) => trigger.on === 'file');
        if (datasets.length + watched.length === 0) return { watching: false, events: [], cursor };
        const published = await publications(datasets, cursor);
        const arrived = await files.look(pipeline, watched, pending);
        const events = [...published.events, ...arrived.events];
        const started = cursor === null && published.cursor !== null;
        if (events.length === 0 && !started) throw arrived.problem ?? notYet('nothing new');
        return { watching: true, events, cursor: published.cursor };
      });
    },

    /** Waits for the end of a run that is under way, whoever started it. */
    async awaitRunEnd({ workflowId }: { workflowId: string }): Promise<void> {
      return sometime(async () => {
        const { status } = await pollExecution(temporal, workflowId, () => null);
        if (status === 'running') throw notYet(`${workflowId} is under way`);
      });
    },
  };

  function withLacking(pipeline: string) {
    return async ({ partition, params, needs }: Extract<Route, { targets: unknown }>['targets'][number]) => {
      const lacking = needs.length === 0 ? [] : await lineage.triggers.lacking(pipeline, partition, needs);
      return { partition, params, lacking: lacking.slice(0, SHOWN_LACKING).map(wordsOf) };
    };
  }

  async function publications(triggers: TriggerOf<'dataset'>[], cursor: number | null) {
    const datasets = [...new Set(triggers.flatMap((trigger) => trigger.datasets))];
    if (datasets.length === 0) return { events: [], cursor };
    const { publications: found, next } = await lineage.triggers.publications(datasets, cursor);
    const events = found.flatMap(({ dataset, partition, version, runId }) =>
      triggers
        .filter((trigger) => trigger.datasets.includes(dataset))
        .map((trigger): TriggerEvent => {
          const subject = `${dataset} ${partition} version ${shortVersion(version)}`;
          const id = eventId(trigger.name, dataset, partition, shortVersion(version), runId);
          return { id, source: 'dataset', trigger: trigger.name, subject, dataset, partition, params: {} };
        }),
    );
    return { events, cursor: next };
  }
}

interface RouteInput {
  pipeline: string;
  events: TriggerEvent[];
  /** ISO 8601. */
  now: string;
}

interface WatchInput {
  pipeline: string;
  /** Number of the last record that was seen; null before the first look, which sees nothing of what was before. */
  cursor: number | null;
  /** Ids of events that have not ended. */
  pending: string[];
}
