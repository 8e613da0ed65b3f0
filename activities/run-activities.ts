import { activityInfo } from '@temporalio/activity';
import {
  partitionsBefore,
  partitionsWithin,
  partitionWindow,
  precedingPartitions,
  withOwnKey,
} from '../engine/datasets/index.js';
import { digestOf } from '../engine/digest.js';
import {
  findPipeline,
  frozenAsRun,
  membersOf,
  partitionsAcross,
  partitionsAt,
  resolveAsRun,
  resolveRun,
  reusableSteps,
  windowOf,
  withCode,
  type ResolvedRun,
} from '../engine/pipelines/index.js';
import {
  MillraceError,
  runResultSchema,
  runStarted,
  runWorkflowId,
  type CodeLocation,
  type DeclaredPartitions,
  type DatasetInput,
  type Partitions,
  type PartitionWindow,
  type ResolvedPartition,
  type ReusableStep,
  type RunInput,
  type RunRecord,
  type RunResult,
} from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { untaintedSteps } from './untainted-steps.js';
import { pollExecution, type ExecutionPoll } from './poll-execution.js';

/** State of another execution, as far as somebody who waits for it needs to know. */
export type RunPoll = ExecutionPoll<RunResult>;

/** What a run takes over from the worker that froze it. */
interface WorkerFacts {
  searchAttributes: boolean;
  /** Where the code is; left out where it cannot be told. */
  codeLocation?: CodeLocation;
}

/** Light activities of the role `orchestration`; all are local activities, done in milliseconds and safe to repeat. */
export function createRunActivities(deps: ActivityDependencies) {
  const { config, projectDir, lineage, temporal, searchAttributes, codeLocation } = deps;
  const project = { projectDir, activities: config.activities };
  const facts: WorkerFacts = { searchAttributes, ...(codeLocation && { codeLocation }) };
  return {
    /**
     * Decides what a run is about. Reads the configuration of this worker, so it is done once and recorded.
     * @param input.startedAt puts the start of the run on record too, with this time, if the execution that asks is the run itself
     * @returns with `started` if it is on record
     */
    async resolveRun(input: {
      request: RunInput;
      fallbackTime: string;
      startedAt?: string | undefined;
    }): Promise<ResolvedRun & WorkerFacts & { reusable: Record<string, ReusableStep>; started?: boolean }> {
      const { request, fallbackTime, startedAt } = input;
      return quickScope(async () => {
        const resolved = { ...(await resolve(request, fallbackTime)), ...facts };
        return startedAt === undefined
          ? resolved
          : { ...resolved, started: await putStartOnRecord(request, resolved, startedAt) };
      });
    },

    /** Window and digest of a run whose steps a workflow chains by hand. */
    async openRun(input: {
      partitions: DeclaredPartitions;
      partition: string;
      specification: Record<string, unknown>;
    }): Promise<{ window: PartitionWindow; digest: string } & WorkerFacts> {
      return quickScope(async () => ({
        window: partitionWindow(
          await partitionsAt(lineage.partitionSets, input.partitions, input.partition),
          input.partition,
        ),
        digest: digestOf(input.specification),
        ...facts,
      }));
    },

    /** Versions of the datasets that a run will read, each with its state, oldest partition first. */
    async resolveInputs(input: {
      partitions: DeclaredPartitions;
      partition: string;
      inputs: Record<string, DatasetInput>;
    }): Promise<Record<string, ResolvedPartition[]>> {
      return quickScope(async () => {
        const resolved = await Promise.all(
          Object.entries(input.inputs).map(async ([key, { dataset, window, pipeline }]) => {
            const upstream = pipeline === undefined ? undefined : await upstreamOf(pipeline, input);
            const own = withOwnKey(input.partitions, input.partition);
            const keys = inputPartitions(own, input.partition, upstream, window?.last);
            return [key, keys.length === 0 ? [] : await lineage.resolvePartitions(dataset, keys)] as const;
          }),
        );
        return Object.fromEntries(resolved);
      });
    },

    /** The people that a step means by names and groups, as this worker’s configuration has them. */
    async peopleOf({ allowed }: { allowed: readonly string[] }): Promise<string[]> {
      return quickScope(() => Promise.resolve(membersOf(config.groups, allowed)));
    },

    /** Looks at another run that this one waits for. */
    async pollRun(input: { workflowId: string }): Promise<RunPoll> {
      return quickScope(() => pollExecution(temporal, input.workflowId, (result) => runResultSchema.parse(result)));
    },
  };

  async function resolve(
    request: RunInput,
    fallbackTime: string,
  ): Promise<ResolvedRun & { reusable: Record<string, ReusableStep> }> {
    if (request.specification !== undefined) {
      const recorded = await lineage.specification(request.specification);
      const frozen = await frozenAsRun(recorded, request.specification, project);
      return { ...(await resolveAsRun(frozen, request, fallbackTime, lineage.partitionSets)), reusable: {} };
    }
    const earlier = request.retry === undefined ? undefined : await earlierRun(request, fallbackTime);
    const params = { ...paramsOf(earlier), ...request.params };
    const resolved = await resolveRun(config.pipelines, { ...request, params }, fallbackTime, lineage.partitionSets);
    const pipeline = await withCode(resolved.pipeline, project);
    if (earlier === undefined) return { ...resolved, pipeline, reusable: {} };
    const before = reusableSteps(pipeline, earlier, request.retry?.from);
    const reusable = request.force == null ? await untaintedSteps(lineage, before) : before;
    return { ...resolved, pipeline, reusable };
  }

  /** One try: what it could not do the workflow does, by the owner’s queue if need be, and tells what is wrong. */
  async function putStartOnRecord(
    request: RunInput,
    { pipeline, window, logicalTime }: ResolvedRun,
    at: string,
  ): Promise<boolean> {
    const { workflowId, runId } = activityInfo().workflowExecution ?? {};
    if (runId === undefined || workflowId !== runWorkflowId(pipeline.name, window.key)) return false;
    const { requestedBy, force = null } = request;
    const about = {
      runId,
      workflowId,
      pipeline: pipeline.name,
      partition: window.key,
      logicalTime,
      requestedBy,
      force,
    };
    const start = runStarted({ ...about, specification: pipeline, codeLocation }, at);
    return lineage.record([start]).then(
      () => true,
      () => false,
    );
  }

  /** How the pipeline that writes an input is cut. Of a set that both have, the run’s own key is enough. */
  async function upstreamOf(
    name: string,
    { partitions: own, partition }: { partitions: DeclaredPartitions; partition: string },
  ): Promise<Partitions> {
    const upstream = findPipeline(config.pipelines, name).partitions;
    return partitionsAcross(lineage.partitionSets, upstream, own, partition);
  }

  /**
   * The run that a retry goes on with. What a run published may have been published anew since: only the last of a partition can go on.
   */
  async function earlierRun({ pipeline: name, ...request }: RunInput, fallbackTime: string): Promise<RunRecord> {
    const { partitions } = findPipeline(config.pipelines, name);
    const { partition, logicalTime = fallbackTime, retry } = request;
    const { key } = await windowOf(lineage.partitionSets, partitions, partition, logicalTime);
    const [newest] = await lineage.latestRuns(name, [key]);
    if (newest === undefined) throw noRetry('NOT_FOUND', 'retry', `no run of ${name} ${key} is on record`);
    const { runId = newest.runId } = retry ?? {};
    if (newest.runId === runId) return lineage.runRecord(runId);
    const message = `is not the last run of ${name} ${key} on record, which is ${newest.runId}; without runId, that one goes on`;
    throw noRetry('INPUT_INVALID', 'retry.runId', message);
  }
}

function noRetry(code: 'NOT_FOUND' | 'INPUT_INVALID', path: string, message: string): MillraceError {
  return new MillraceError(code, code === 'NOT_FOUND' ? message : `${path} ${message}`, {
    problems: [{ path, message }],
  });
}

/** Parameters of an earlier run, which a retry has too. */
function paramsOf(earlier: RunRecord | undefined): RunInput['params'] {
  const { params = {} } = (earlier?.specification ?? {}) as { params?: RunInput['params'] };
  return params;
}

/** Keys that an input means, oldest first. */
function inputPartitions(own: Partitions, key: string, upstream: Partitions | undefined, last?: number): string[] {
  if (upstream === undefined) return last === undefined ? [key] : precedingPartitions(own, key, last);
  return last === undefined ? partitionsWithin(upstream, own, key) : partitionsBefore(upstream, own, key, last);
}
