import { runCommand, type RunCommandOptions } from '../engine/processes/run-command.js';
import { createSecrets } from '../engine/secrets.js';
import { hint, MillraceError, isMillraceError } from '../schemas/index.js';
import { activityScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

/** What a step of type `activity` sends. */
export interface ProjectActivityInput {
  activity: string;
  input: Record<string, unknown>;
  pipeline: string;
  partition: string;
  runId: string;
}

/** Temporal refuses payloads over two megabytes, and warns far below. */
const MAX_RESULT_CHARS = 250_000;

/** What a step of type `command` sends. */
export type ProjectCommandInput = Pick<RunCommandOptions, 'step' | 'name' | 'pipeline' | 'runId' | 'window'>;

/** The project’s own code, behind one door: the activities of millrace.config.ts, and programs. */
export function createProjectActivities({ config, projectDir }: Pick<ActivityDependencies, 'config' | 'projectDir'>) {
  const secrets = createSecrets();
  return {
    /** Calls an activity of the project by name. */
    async callProjectActivity({ activity, ...context }: ProjectActivityInput): Promise<unknown> {
      return activityScope(async (scope) => {
        const run = config.activities[activity];
        if (run === undefined) {
          const there = hint(activity, Object.keys(config.activities));
          throw new MillraceError('ACTIVITY_UNKNOWN', `there is no activity "${activity}"${there}`);
        }
        try {
          return asJson(await run({ ...context, signal: scope.signal, progress: scope.progress }));
        } catch (error) {
          if (isMillraceError(error) || scope.signal.aborted) throw error;
          const message = error instanceof Error ? error.message : String(error);
          throw new MillraceError('ACTIVITY_FAILED', `${activity}: ${message}`, { cause: error });
        }
      });
    },

    /** Runs the program of a step. */
    async runProjectCommand(input: ProjectCommandInput): Promise<unknown> {
      return activityScope(({ signal, progress }) =>
        runCommand({ ...input, projectDir, secrets, signal, onProgress: progress }),
      );
    },
  };
}

/** What Temporal can carry: a value that is not JSON would fail again at every attempt. */
function asJson(value: unknown): unknown {
  const text = JSON.stringify(value ?? null) as string | undefined;
  if (text === undefined) throw new Error(`returned a ${typeof value}, which is not JSON`);
  if (text.length > MAX_RESULT_CHARS) {
    throw new Error(`returned ${text.length} characters of JSON; ${MAX_RESULT_CHARS} is the limit: return a reference`);
  }
  return JSON.parse(text);
}
