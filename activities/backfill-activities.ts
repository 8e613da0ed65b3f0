import { partitionWindow, withOwnKey } from '../engine/datasets/index.js';
import {
  backfillKeys,
  expectedMs,
  expectedRows,
  findPipeline,
  freezePipeline,
  knownPartitions,
  outdatedPartitions,
  planBackfill,
  planChanged,
  planKeeper,
  planReader,
  refuseForAsRun,
  requireAsRun,
  withCode,
  withoutChecks,
} from '../engine/pipelines/index.js';
import {
  GREATEST_RANGE,
  backfillResultSchema,
  backfillWorkflowId,
  LISTED_PARTITIONS,
  ORDINARY_PRIORITY,
  OUTCOME_LETTERS,
  runResultSchema,
  type BackfillInput,
  type BackfillPartition,
  type BackfillResult,
  type BackfillState,
  type OutcomeLetter,
  type PlanSummary,
  type RunResult,
} from '../schemas/index.js';
import { activityScope, quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { pollExecution, type ExecutionPoll } from './poll-execution.js';
import { setRunPriority } from './run-priority.js';
import { recordAction } from './record-action.js';

/** A partition that is going to run. */
export interface PlannedRun {
  /** Place among the partitions of the plan that run. */
  position: number;
  partition: string;
  /** End of its window: what a schedule would have run it at. Undefined where keys are not times. */
  logicalTime: string | undefined;
  /** Digest of the specification of its last run, where it is to run as it did. */
  specification: string | undefined;
}

/** How a run is that somebody waits for, in few words: there may be hundreds in one payload. */
export type PolledRun =
  | { status: 'running' | 'absent' }
  | ({
      status: 'ended';
      /** Where the problems are of one that could not begin. */
      paths?: string[];
    } & Pick<RunResult, 'verdict' | 'reason' | 'message'>);

const POLLED_AT_ONCE = 20;

/** What a backfill asks of the world. The plan is kept in the object store: with many partitions it is no payload. */
export function createBackfillActivities({ config, projectDir, lineage, store, temporal }: ActivityDependencies) {
  const project = { projectDir, activities: config.activities };
  const readPlan = planReader(store);
  const keepPlan = planKeeper(store);
  return {
    /** Makes the plan and stores it. @throws PLAN_CHANGED if another one was asked for by its hash */
    async planBackfill({ request, now }: { request: BackfillInput; now: string }): Promise<PlanSummary> {
      return activityScope(async ({ progress }) => {
        const pipeline = findPipeline(config.pipelines, request.pipeline);
        const asRun = request.version === 'as-run';
        if (asRun) refuseForAsRun(request);
        const frozen = await withCode(freezePipeline(pipeline, request.params), project);
        if (request.checks !== 'each') withoutChecks(pipeline);
        const partitions = await knownPartitions(lineage.partitionSets, pipeline.partitions);
        const keys = backfillKeys(partitions, request, GREATEST_RANGE);
        progress(`asking for the last runs of ${keys.length} partitions`);
        const runs = keys.length === 0 ? [] : await lineage.latestRuns(pipeline.name, keys);
        const latest = new Map(runs.map((run) => [run.partition, run]));
        const plan = planBackfill(
          {
            pipeline: pipeline.name,
            partitions: pipeline.partitions,
            reprocess: request.reprocess,
            checks: request.checks,
            specification: asRun ? null : frozen.digest,
          },
          { keys, latest, outdated: await outdatedPartitions(lineage, frozen), now: Date.parse(now) },
        );
        if (asRun) await requireAsRun(plan, lineage, project);
        const { digest, uri } = await store.putJson(plan);
        if (request.planHash !== undefined && request.planHash !== digest) {
          throw await planChanged(store, request.planHash, digest, plan, readPlan);
        }
        const { run = 0, reuse = 0, skip = 0 } = countBy(plan.entries.map(([, action]) => action));
        if (!request.dryRun) {
          const { pipeline: name, requestedBy: actor, reason: why } = request;
          const what = `${run} of ${plan.entries.length} partitions run, plan ${digest}`;
          const reason = why === undefined ? what : `${why}; ${what}`;
          await recordAction(lineage, 'backfill', {
            actor,
            action: 'start_backfill',
            target: backfillWorkflowId(name, request),
            reason,
          });
        }
        const recent = await lineage.runs({ pipeline: pipeline.name, limit: 100 });
        const durations = recent.flatMap(({ startedAt, finishedAt, verdict }) =>
          finishedAt === null || verdict !== 'succeeded' ? [] : [Date.parse(finishedAt) - Date.parse(startedAt)],
        );
        return {
          hash: digest,
          uri,
          partitions: keys.length,
          run,
          reuse,
          skip,
          reasons: countBy(plan.entries.map(([, , reason]) => reason)),
          expectedRows: await expectedRows(lineage, frozen, run),
          expectedMs: expectedMs(plan, latest, durations, request.maxActive),
        };
      });
    },

    /** Looks up partitions of a plan that are about to run. */
    async readPlanned({ uri, positions }: { uri: string; positions: number[] }): Promise<PlannedRun[]> {
      return activityScope(async () => {
        const { plan, running } = await readPlan(uri);
        await keepPlan(uri, plan);
        return positions.flatMap((position) => {
          const entry = running[position];
          if (entry === undefined) return [];
          const [partition, , , specification] = entry;
          const logicalTime = partitionWindow(withOwnKey(plan.partitions, partition), partition).end;
          return [{ position, partition, logicalTime, specification }];
        });
      });
    },

    /** Place of a partition among those that run; null if it is not one of them. */
    async findPlanned({ uri, partition }: { uri: string; partition: string }): Promise<number | null> {
      return activityScope(async () => {
        const position = (await readPlan(uri)).running.findIndex(([key]) => key === partition);
        return position < 0 ? null : position;
      });
    },

    /** Every partition with its outcome: as a list, or as an object where the list is too long for a payload. */
    async listOutcomes(input: {
      uri: string;
      /** One letter for each partition that runs, in the order of the plan. */
      outcomes: string;
      notes: BackfillState['notes'];
    }): Promise<Pick<BackfillResult, 'counts' | 'partitions' | 'partitionsUri'>> {
      return activityScope(async () => {
        const { plan } = await readPlan(input.uri);
        const notes = new Map(input.notes.map(([position, code, message]) => [position, { code, message }]));
        let position = -1;
        const partitions = plan.entries.map(([partition, action, reason]): BackfillPartition => {
          if (action !== 'run') {
            const outcome = action === 'reuse' ? 'reused' : 'skipped';
            return { partition, action, reason, outcome, code: null, message: null };
          }
          position += 1;
          const outcome = OUTCOME_LETTERS[(input.outcomes[position] ?? '.') as OutcomeLetter];
          const { code = null, message = null } = notes.get(position) ?? {};
          return { partition, action, reason, outcome, code, message };
        });
        const counts = countBy(partitions.map(({ outcome }) => outcome));
        if (partitions.length <= LISTED_PARTITIONS) return { counts, partitions, partitionsUri: null };
        return { counts, partitions: null, partitionsUri: (await store.putJson(partitions)).uri };
      });
    },

    /** Looks at runs that this backfill did not start, or started before it continued as new; in the order of the ids. */
    async pollRuns({ workflowIds }: { workflowIds: string[] }): Promise<PolledRun[]> {
      return activityScope(async () => {
        const polled: PolledRun[] = [];
        for (let start = 0; start < workflowIds.length; start += POLLED_AT_ONCE) {
          const some = workflowIds.slice(start, start + POLLED_AT_ONCE);
          polled.push(...(await Promise.all(some.map(pollRun))));
        }
        return polled;
      });
    },

    /** Gives a run of the backfill the ordinary priority, so that its last runs are not starved. */
    async raiseToOrdinary({ workflowId }: { workflowId: string }): Promise<void> {
      return activityScope(() => setRunPriority(temporal, workflowId, ORDINARY_PRIORITY));
    },

    /** Looks at a backfill that somebody else started. */
    async pollBackfill({ workflowId }: { workflowId: string }): Promise<ExecutionPoll<BackfillResult>> {
      return quickScope(() => pollExecution(temporal, workflowId, (result) => backfillResultSchema.parse(result)));
    },
  };

  async function pollRun(workflowId: string): Promise<PolledRun> {
    const poll = await pollExecution(temporal, workflowId, (result) => runResultSchema.parse(result));
    if (poll.status === 'failed')
      return { status: 'ended', verdict: 'failed', reason: poll.code, message: poll.message, paths: poll.paths };
    if (poll.status !== 'completed') return { status: poll.status };
    const { verdict, reason, message } = poll.result;
    return { status: 'ended', verdict, reason, message };
  }
}

function countBy<K extends string>(values: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
