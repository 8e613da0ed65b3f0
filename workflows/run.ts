import { defineQuery, setCurrentDetails } from '@temporalio/workflow';
import type {
  CacheDefaults,
  CacheMode,
  GateDecision,
  GateOffer,
  DeclaredPartitions,
  PartitionWindow,
  RunInput,
  RunProgress,
  StepState,
} from '../schemas/index.js';
import type { DeferredEnds } from './deferred-ends.js';
import { progressMarkdown } from './progress.js';

/** How far a run is. */
export const progressQuery = defineQuery<RunProgress>('progress');

/** What a pipeline says about the cache of its steps, and how this run uses it. */
export interface RunCaching {
  mode: CacheMode;
  defaults: CacheDefaults;
  /** Digests of code that is not in the specification, by step. */
  code: Readonly<Record<string, string>>;
  /** Steps whose cache ignores parameters of the pipeline. */
  counted: Readonly<Record<string, Record<string, unknown>>>;
  /** Steps that are to be done again. */
  again: ReadonlySet<string>;
}

/** A run in progress: what it is about, and the state of its steps. Step functions take it as their first argument. */
export interface Run {
  readonly runId: string;
  readonly workflowId: string;
  readonly pipeline: string;
  readonly partitions: DeclaredPartitions;
  readonly window: PartitionWindow;
  /** ISO 8601. */
  readonly logicalTime: string;
  readonly requestedBy: string;
  readonly force: RunInput['force'] | null;
  /** Whether the namespace has Millrace’s search attributes; setting others would hang the workflow. */
  readonly searchAttributes: boolean;
  /** States by step, in the order in which they are shown. */
  readonly steps: Map<string, StepState>;
  /** Steps that wait for a decision: what can be decided, or, once it is, what was. */
  readonly gates: Map<string, { offer: GateOffer | null; decision: GateDecision | null }>;
  /** Decisions that were made on a step so far; its records are told apart by it. */
  readonly decisions: Map<string, number>;
  /** Ends of short steps that are about to be committed. */
  readonly deferred: DeferredEnds;
  /** Checks whose outcome is known to be good. */
  readonly passedChecks: Set<string>;
  /** How often a step was begun again on purpose; its records are told apart by it. */
  readonly repeats: Map<string, number>;
  /** Null for a workflow of one’s own: its steps are cached only where they say so. */
  readonly caching: RunCaching | null;
  /** Runs whose results are taken over, by step; records of the step are told apart by it. */
  readonly reused: Map<string, string>;
  /** Why versions and models that its steps left are not to be used: they, or what they were made of, were recalled. */
  readonly tainted: Map<string, string>;
  /** Places in pools that it has, by ticket. */
  readonly poolPlaces: Set<string>;
  /** How often it asked for a place. */
  poolAsks: number;
  /** What the run is doing, in a few words. */
  phase: string;
}

/** Result of the query `progress`. */
export function progressOf(run: Run): RunProgress {
  return { pipeline: run.pipeline, partition: run.window.key, phase: run.phase, steps: [...run.steps.values()] };
}

/** Shows the steps in the Temporal UI. */
export function showProgress(run: Run): void {
  setCurrentDetails(progressMarkdown(progressOf(run)));
}

/** Says what the run is doing, and shows it. */
export function showPhase(run: Run, phase: string): void {
  run.phase = phase;
  showProgress(run);
}

/** Sets the state of a step and shows it. */
export function setStepState(run: Run, state: StepState): void {
  run.steps.set(state.step, state);
  showProgress(run);
}
