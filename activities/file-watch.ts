import { activityInfo, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { sourceAccess } from '../engine/datasets/index.js';
import { createSecrets } from '../engine/secrets.js';
import { eventId, findFiles, settledFiles, type Observations, type SeenFile } from '../engine/triggers/index.js';
import { isMillraceError, type TriggerEvent, type TriggerOf } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';

/** Files taken at a time. */
const MOST_FILES = 200;

const observationsSchema = z.record(
  z.string(),
  z.record(z.string(), z.object({ what: z.string(), since: z.number() })),
);

/** Looks at files that triggers watch; what was seen is in the heartbeat, so that the next look on any worker has it. */
export function createFileWatch({ config, lineage, projectDir }: ActivityDependencies) {
  const access = sourceAccess(config.stores, createSecrets());
  /** Ids on record by pipeline. They stay there for good, so nobody has to ask for them again every two seconds. */
  const recorded = new Map<string, Set<string>>();

  return {
    /**
     * @param pending ids of events that have not ended
     * @returns `problem`: what could not be looked at; the other triggers were
     */
    async look(
      pipeline: string,
      triggers: readonly TriggerOf<'file'>[],
      pending: readonly string[],
    ): Promise<{ events: TriggerEvent[]; problem?: ApplicationFailure }> {
      const before = observationsSchema.safeParse(activityInfo().heartbeatDetails).data ?? {};
      const after: Record<string, Observations> = {};
      const events: TriggerEvent[] = [];
      let problem: ApplicationFailure | undefined;
      for (const trigger of triggers) {
        const observations = before[trigger.name] ?? {};
        try {
          const files = await newFiles(pipeline, trigger, new Set(pending));
          const settling = { settleMs: trigger.settleSeconds * 1000, now: Date.now() };
          const { settled, observed } = settledFiles(files, observations, settling);
          after[trigger.name] = observed;
          events.push(...settled.map((file) => eventOf(trigger, file)));
        } catch (error) {
          after[trigger.name] = observations;
          problem = asProblem(trigger.name, error);
        }
      }
      heartbeat(after);
      return { events: events.slice(0, MOST_FILES), ...(problem !== undefined && { problem }) };
    },
  };

  async function newFiles(
    pipeline: string,
    trigger: TriggerOf<'file'>,
    pending: ReadonlySet<string>,
  ): Promise<SeenFile[]> {
    const known = recorded.get(pipeline) ?? new Set<string>();
    recorded.set(pipeline, known);
    const seen = (await findFiles(trigger, { projectDir, access })).map((file) => ({ file, id: idOf(trigger, file) }));
    const asked = seen.map(({ id }) => id).filter((id) => !known.has(id));
    for (let start = 0; start < asked.length; start += 10_000) {
      for (const id of await lineage.triggers.known(pipeline, asked.slice(start, start + 10_000))) known.add(id);
    }
    return seen.filter(({ id }) => !known.has(id) && !pending.has(id)).map(({ file }) => file);
  }
}

function idOf(trigger: TriggerOf<'file'>, { path, bytes, stamp }: SeenFile): string {
  return eventId(trigger.name, path, String(bytes), stamp.replaceAll('"', ''));
}

function eventOf(trigger: TriggerOf<'file'>, file: SeenFile): TriggerEvent {
  const { path, bytes, partition } = file;
  return {
    id: idOf(trigger, file),
    source: 'file',
    trigger: trigger.name,
    subject: `${path}, ${bytes} bytes`.slice(0, 400),
    ...(partition !== undefined && { partition }),
    params: {},
  };
}

/** Shown beside the activity while it is tried again. */
function asProblem(trigger: string, error: unknown): ApplicationFailure {
  const message = error instanceof Error ? error.message : String(error);
  const type = isMillraceError(error) ? error.code : 'INTERNAL';
  return ApplicationFailure.create({ type, message: `trigger ${trigger}: ${message}`, nonRetryable: false });
}
