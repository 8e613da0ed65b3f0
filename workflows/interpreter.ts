import {
  checksOf,
  quarantineOf,
  stepDependencies,
  stepReads,
  topologicalOrder,
  type DataInput,
  type DatasetVersionRef,
  type FrozenPipeline,
  type ModelRef,
  type ModelVersionRef,
  type ReusableStep,
  type Step,
  type StepState,
} from '../schemas/index.js';
import { runOrWait } from './failed-step.js';
import { failure } from './failures.js';
import type { FrozenInputs } from './freeze-inputs.js';
import { setStepState, type Run } from './run.js';
import { StepStarts } from './step-starts.js';
import { readsTheSame, takeOver } from './steps/reused-step.js';
import {
  activity,
  approve,
  check,
  command,
  deploy,
  evaluate,
  ingest,
  register,
  train,
  transform,
} from './steps/index.js';

/** States of all steps before the first begins. */
export function pendingSteps({ steps }: FrozenPipeline): StepState[] {
  return Object.entries(steps).map(([step, { type }]) => ({
    step,
    type,
    status: 'pending',
    startedAt: null,
    durationMs: null,
    summary: '',
    code: null,
    output: {},
  }));
}

/**
 * Runs the steps of a frozen pipeline: each as soon as what it waits for has succeeded, side by side where nothing
 * holds them. A step whose predecessor did not succeed is skipped, unless somebody left that out and only its order matters; branches that do not depend on it go on. The first
 * error is thrown when everything has come to rest.
 * @param reusable results of an earlier run, by step: taken over where all that the step depends on was
 */
export async function interpret(
  run: Run,
  pipeline: FrozenPipeline,
  frozen: FrozenInputs,
  reusable: Record<string, ReusableStep> = {},
): Promise<void> {
  const dependencies = stepDependencies(pipeline.steps);
  const ends = new Map<string, Promise<void>>();
  const errors: unknown[] = [];
  const starts = new StepStarts();
  for (const name of topologicalOrder(dependencies).order) {
    const waits = dependencies[name] ?? [];
    const begin = async () => {
      const reads = stepReads(pipeline.steps, name);
      const blocking = waits.find((other) => !mayFollow(run.steps.get(other), reads.includes(other)));
      if (blocking !== undefined) return skip(run, name, blocking);
      try {
        await starts.run(async () => {
          const earlier = reusable[name];
          if (earlier !== undefined && (await reuse(run, pipeline, name, frozen, earlier))) return;
          await runOrWait(run, pipeline, name, () => runStep(run, pipeline, name, frozen));
        });
      } catch (error) {
        errors.push(error);
      }
    };
    // The SDK keeps a stack trace of every promise, which is most of what hundreds of steps side by side cost.
    ends.set(
      name,
      waits.length === 0 ? begin() : Promise.all(waits.flatMap((other) => ends.get(other) ?? [])).then(begin),
    );
  }
  await Promise.all(ends.values());
  if (errors.length > 0) throw errors[0];
}

/** Takes over what an earlier run left, if its step would read the same again; false if it has to be done. */
async function reuse(
  run: Run,
  { steps }: FrozenPipeline,
  name: string,
  frozen: FrozenInputs,
  reusable: ReusableStep,
): Promise<boolean> {
  const step = steps[name];
  if (step === undefined) return false;
  const before = stepDependencies(steps)[name] ?? [];
  if (before.some((other) => run.steps.get(other)?.code !== 'REUSED')) return false;
  if (!readsTheSame(reusable, readByStep(run, steps, name, frozen))) return false;
  await takeOver(run, name, step.type, reusable);
  if (step.type === 'check') run.passedChecks.add(name);
  return true;
}

/** Whether a step may begin after another: it has succeeded, or somebody left it out and nothing of it is read. */
function mayFollow(state: StepState | undefined, read: boolean): boolean {
  return state?.status === 'succeeded' || (state?.code === 'SKIPPED' && !read);
}

function skip(run: Run, name: string, blocking: string): void {
  const state = run.steps.get(name);
  if (state === undefined) return;
  setStepState(run, { ...state, status: 'skipped', summary: `${blocking} did not succeed` });
}

async function runStep(run: Run, pipeline: FrozenPipeline, name: string, frozen: FrozenInputs): Promise<void> {
  const { steps } = pipeline;
  const step = steps[name];
  if (step === undefined) return;
  const read = (key: string, input: DataInput) => readInput(run, steps, `${name}.${key}`, input, frozen);
  const readAll = (inputs: Record<string, DataInput>) =>
    Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, read(key, input)]));

  switch (step.type) {
    case 'ingest':
      await ingest(run, name, step, { publish: checksOf(steps, name).length === 0 });
      return;
    case 'transform':
      await transform(run, name, step, readAll(step.inputs), { publish: checksOf(steps, name).length === 0 });
      return;
    case 'check':
      return runCheck(run, pipeline, frozen, name, step);
    case 'train':
      await train(run, name, step, readAll(step.inputs));
      return;
    case 'evaluate':
      await evaluate(run, name, step, outputOf(run, step.model, 'model'), read('on', step.on));
      return;
    case 'register':
      await register(run, name, step, outputOf(run, step.model, 'model'));
      return;
    case 'deploy':
      await deploy(run, name, step, outputOf(run, step.model, 'modelVersion'));
      return;
    case 'approve':
      await approve(run, name, step);
      return;
    case 'activity':
      await activity(run, name, step);
      return;
    case 'command':
      await command(run, name, step);
      return;
    default:
      step satisfies never;
  }
}

function readInput(
  run: Run,
  steps: FrozenPipeline['steps'],
  key: string,
  input: DataInput,
  frozen: FrozenInputs,
): DatasetVersionRef[] {
  if (typeof input !== 'string') return frozen[key] ?? [];
  return [outputOf(run, quarantineOf(steps, input) ?? input, 'dataset')];
}

/** Every dataset version that a step is going to read. */
function readByStep(run: Run, steps: FrozenPipeline['steps'], name: string, frozen: FrozenInputs): DatasetVersionRef[] {
  const step = steps[name];
  switch (step?.type) {
    case 'transform':
    case 'train':
      return Object.entries(step.inputs).flatMap(([key, input]) =>
        readInput(run, steps, `${name}.${key}`, input, frozen),
      );
    case 'evaluate':
      return readInput(run, steps, `${name}.on`, step.on, frozen);
    case 'check':
      return [outputOf(run, step.input, 'dataset')];
    default:
      return [];
  }
}

/** A version with several checks is published by the last of them to pass. */
async function runCheck(
  run: Run,
  pipeline: FrozenPipeline,
  frozen: FrozenInputs,
  name: string,
  step: Extract<Step, { type: 'check' }>,
): Promise<void> {
  const ref = outputOf(run, step.input, 'dataset');
  const checks = checksOf(pipeline.steps, step.input);
  const remake = async (): Promise<DatasetVersionRef> => {
    run.repeats.set(step.input, (run.repeats.get(step.input) ?? 0) + 1);
    await runStep(run, pipeline, step.input, frozen);
    return outputOf(run, step.input, 'dataset');
  };
  const publish = (): boolean => {
    run.passedChecks.add(name);
    return checks.every((other) => run.passedChecks.has(other));
  };
  // With several checks, those that have passed did so on the data as they were.
  await check(run, name, step, ref, checks.length === 1 ? { publish, remake } : { publish });
}

interface Outputs {
  dataset: DatasetVersionRef;
  model: ModelRef;
  modelVersion: ModelVersionRef;
}

function outputOf<K extends keyof Outputs>(run: Run, name: string, kind: K): Outputs[K] {
  const output = run.steps.get(name)?.output[kind];
  if (output === undefined) throw failure('INTERNAL', `step ${name} left no ${kind}`);
  return output as Outputs[K];
}
