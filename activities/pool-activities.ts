import { hint, MillraceError, poolWorkflowId, taskQueue, type PoolAsk, type PoolPlace } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';
import { quickScope } from './activity-scope.js';
import { pollExecution } from './poll-execution.js';
import { lookAtPlaces, type PoolLook } from './pool-look.js';
import { sometime } from './wait-by-retry.js';

/** What pools ask of Temporal, and steps of pools. */
export function createPoolActivities({ config, temporal }: Pick<ActivityDependencies, 'config' | 'temporal'>) {
  return {
    /** Asks for a place, from a pool that is started if it is not there. */
    async askPool({ pool, place }: { pool: string; place: Omit<PoolAsk, 'limit'> }): Promise<void> {
      const limit = config.pools[pool];
      if (limit === undefined) {
        return quickScope(() => {
          const there = hint(pool, Object.keys(config.pools));
          throw new MillraceError('INPUT_INVALID', `there is no pool "${pool}" in the configuration${there}`);
        });
      }
      return sometime(async () => {
        await temporal.workflow.signalWithStart('pool', {
          workflowId: poolWorkflowId(pool),
          taskQueue: taskQueue('orchestration'),
          args: [{ pool }],
          signal: 'ask',
          signalArgs: [{ ...place, limit } satisfies PoolAsk],
          staticSummary: `pool ${pool}`,
        });
      });
    },

    /** Looks at those who have a place or wait for one, and at the configuration. */
    async lookAtPool({ pool, places }: { pool: string; places: PoolPlace[] }): Promise<PoolLook> {
      return sometime(async () => ({
        limit: config.pools[pool] ?? null,
        ...(await lookAtPlaces(temporal, places)),
      }));
    },

    /** Tickets of runs that have ended, however they did. Pools that began before there was `lookAtPool` ask for them. */
    async findGone({ places }: { places: { ticket: string; workflowId: string; runId: string }[] }): Promise<string[]> {
      return sometime(async () => {
        const gone = await Promise.all(
          places.map(async ({ ticket, workflowId, runId }) => {
            const { status } = await pollExecution(temporal, workflowId, () => null, runId);
            return status === 'running' ? [] : [ticket];
          }),
        );
        return gone.flat();
      });
    },
  };
}
