import { executeChild, proxyActivities, sleep, ParentClosePolicy, isCancellation } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { z } from 'zod';
import type { createTrainingActivities } from '../../activities/index.js';
import {
  deployStepSchema,
  evaluateStepSchema,
  registerStepSchema,
  rolloutWorkflowId,
  shortVersion,
  taskQueue,
  trainStepSchema,
  type CachedStep,
  type DatasetVersionRef,
  type EvaluationReport,
  type ModelRef,
  type ModelVersionRef,
  type RecordResult,
  type RolloutInput,
  type RolloutResult,
} from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { commitRecords } from '../commit-records.js';
import { failure, parseInput } from '../failures.js';
import { inPool } from './in-pool.js';
import type { rollout } from '../rollout.js';
import { now } from '../now.js';
import { showPhase, type Run } from '../run.js';
import { withPool } from '../with-pool.js';
import { runAttributes } from '../search-attributes.js';
import { throughCache } from './cached-step.js';
import { recordBase, recordedStep, type StepOutcome } from './recorded-step.js';
import { refuseTainted } from './tainted.js';

type TrainingActivities = ReturnType<typeof createTrainingActivities>;
type StepFields<S extends z.ZodType> = Omit<z.input<S>, 'type'>;

const OTHER_ROLLOUT_POLL_MS = 5_000;

/** Trains a model in a process of its own, from frozen versions. */
export async function train(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof trainStepSchema>, 'inputs'>,
  inputs: Record<string, DatasetVersionRef[]>,
): Promise<ModelRef> {
  const step = parseInput(trainStepSchema, { ...fields, inputs: {}, type: 'train' }, `step ${name}`);
  const refs = Object.values(inputs).flat();
  const restore = (entry: CachedStep): StepOutcome<ModelRef> => {
    const made = entry.records.find((record) => record.kind === 'model_trained');
    if (made === undefined) throw failure('INTERNAL', `${step.model} was cached without its training`);
    return {
      value: made.ref,
      summary: entry.summary.replace(/; computed, because .*$/s, ''),
      output: { model: made.ref },
      inputs: made.trainedOn,
      records: [{ ...made, ...recordBase(run, name, 'model') }],
    };
  };
  return recordedStep(run, name, 'train', async (state) => {
    refuseTainted(run, name, refs);
    return throughCache(run, state, { step, inputs, restore }, async () => {
      const rows = refs.reduce((sum, ref) => sum + ref.rows, 0);
      // The first training on a machine builds its environment, which has its own time on top of the trainer’s.
      const limits = { ...step, timeoutSeconds: step.timeoutSeconds ?? step.trainer.timeoutSeconds + 900 };
      const summary = `${step.model} on ${rows} rows of ${refs.length} versions`;
      const { train } = proxyActivities<TrainingActivities>(workOptions('train', 'training', limits, summary));
      const trained = await inPool(run, name, step, () =>
        train({ step, inputs, window: run.window, runId: run.runId }),
      );
      const { ref, manifest, metrics, parity, profiles } = trained;
      const figures = Object.entries<number>(metrics).map(
        ([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`,
      );
      return {
        value: ref,
        summary: [
          `${shortVersion(ref.digest)} on ${refs.length} versions, ${rows} rows`,
          ...figures,
          `parity ${parity.maximumDifference.toExponential(1)} on ${parity.rows} rows`,
        ].join(', '),
        output: { model: ref },
        inputs: refs,
        records: [
          {
            ...recordBase(run, name, 'model'),
            kind: 'model_trained',
            ref,
            manifest,
            trainedOn: refs,
            ...(profiles !== undefined && { profiles }),
            params: step.params,
            seed: step.seed,
            metrics,
          },
        ],
      };
    });
  });
}

/** Compares a trained model with the champion on the same rows. A closed gate is a value, unless the run is forced. */
export async function evaluate(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof evaluateStepSchema>, 'model' | 'on'>,
  challenger: ModelRef,
  on: DatasetVersionRef[],
): Promise<EvaluationReport> {
  const step = parseInput(
    evaluateStepSchema,
    { ...fields, model: 'model', on: 'on', type: 'evaluate' },
    `step ${name}`,
  );
  return recordedStep(run, name, 'evaluate', async () => {
    refuseTainted(run, name, [challenger, ...on]);
    const summary = `${challenger.model} ${shortVersion(challenger.digest)} against ${step.champion}`;
    const { evaluate } = proxyActivities<TrainingActivities>(workOptions('io', 'training', step, summary));
    const { label, gate, champion } = step;
    const report = await inPool(run, name, step, () => evaluate({ challenger, champion, on, label, gate }));
    const forced = report.verdict === 'fail' && run.force !== null && run.force !== undefined;
    return {
      value: report,
      status: report.verdict === 'pass' || forced ? 'succeeded' : 'refused',
      code: forced ? 'FORCED' : report.verdict === 'pass' ? null : 'EVALUATION_FAILED',
      summary: forced ? `${report.message}; forced by ${run.force?.by}: ${run.force?.reason}` : report.message,
      output: { evaluation: report },
      inputs: on,
      inputModels: [challenger, ...(report.championModel === null ? [] : [report.championModel])],
      records: [
        {
          ...recordBase(run, name, 'evaluation'),
          kind: 'model_evaluated',
          ref: challenger,
          evaluatedOn: on,
          report,
          forced,
        },
      ],
    };
  });
}

/** Gives a trained model its version number and moves an alias to it. */
export async function register(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof registerStepSchema>, 'model' | 'evaluation'>,
  ref: ModelRef,
): Promise<ModelVersionRef> {
  const step = parseInput(registerStepSchema, { ...fields, model: 'model', type: 'register' }, `step ${name}`);
  return recordedStep(run, name, 'register', async () => {
    refuseTainted(run, name, [ref]);
    const registered = await commitRecords([{ ...recordBase(run, name, 'registered'), kind: 'model_registered', ref }]);
    const modelVersion = { ...ref, version: allocatedVersion(registered) };
    return {
      value: modelVersion,
      summary: `${ref.model} v${modelVersion.version} is ${step.alias}`,
      output: { modelVersion },
      inputModels: [ref],
      records: [
        {
          key: `${run.runId}/${name}/alias`,
          at: now(),
          runId: run.runId,
          kind: 'alias_moved',
          model: ref.model,
          alias: step.alias,
          version: modelVersion.version,
          actor: run.requestedBy,
          reason: `registered by run ${run.runId}`,
          ...forced(run),
        },
      ],
    };
  });
}

/** Who takes responsibility for versions that were recalled. */
function forced({ force }: Run): Pick<RolloutInput, 'force'> {
  return force == null ? {} : { force };
}

function allocatedVersion([result]: RecordResult[]): number {
  if (result?.modelVersion === undefined) throw failure('INTERNAL', 'the lineage owner gave no version number');
  return result.modelVersion;
}

/** Moves an endpoint’s traffic to a registered version; a canary that was taken back is a value. */
export async function deploy(
  run: Run,
  name: string,
  fields: Omit<StepFields<typeof deployStepSchema>, 'model'>,
  candidate: ModelVersionRef,
): Promise<RolloutResult> {
  const step = parseInput(deployStepSchema, { ...fields, model: 'model', type: 'deploy' }, `step ${name}`);
  return recordedStep(run, name, 'deploy', async () => {
    const result = await withPool(run, name, step, () => startRollout(run, step, candidate));
    const back = result.outcome === 'rolled_back';
    return {
      value: result,
      status: back ? 'refused' : 'succeeded',
      code: back ? (result.stable === null ? 'RELEASE_FAILED' : 'CANARY_FAILED') : result.outcome.toUpperCase(),
      summary: result.reason,
      output: { rollout: result, modelVersion: candidate },
      inputModels: [candidate],
    };
  });
}

/** Starts the rollout of an endpoint; where one is under way for another version, its end is awaited first. */
async function startRollout(
  run: Run,
  step: z.output<typeof deployStepSchema>,
  candidate: ModelVersionRef,
): Promise<RolloutResult> {
  const { endpoint, rollout: spec } = step;
  for (;;) {
    try {
      return await executeChild<typeof rollout>('rollout', {
        workflowId: rolloutWorkflowId(endpoint),
        taskQueue: taskQueue('orchestration'),
        args: [{ endpoint, candidate, spec, requestedBy: run.requestedBy, runId: run.runId, ...forced(run) }],
        staticSummary: `${endpoint}: ${candidate.model} v${candidate.version}`,
        ...(run.searchAttributes && { typedSearchAttributes: runAttributes(run) }),
        // A cancelled run takes its canary back before it ends.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      showPhase(run, `waiting for another rollout of ${endpoint}`);
      await sleep(OTHER_ROLLOUT_POLL_MS);
      showPhase(run, 'running');
    }
  }
}
