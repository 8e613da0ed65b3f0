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

/** The activities of millrace.config.ts, behind one door. */
export function createProjectActivities({ config }: Pick<ActivityDependencies, 'config'>) {
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
          return await run({ ...context, signal: scope.signal, progress: scope.progress });
        } catch (error) {
          if (isMillraceError(error) || scope.signal.aborted) throw error;
          const message = error instanceof Error ? error.message : String(error);
          throw new MillraceError('ACTIVITY_FAILED', `${activity}: ${message}`, { cause: error });
        }
      });
    },
  };
}
