import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { createBackfillActivities, PlannedRun } from '../activities/index.js';
import {
  backfillRange,
  BACKFILL_WEIGHT,
  fairnessKey,
  ORDINARY_PRIORITY,
  OUTCOME_LETTERS,
  runWorkflowId,
  type BackfillInput,
  type BackfillProgress,
  type BackfillState,
  type OutcomeLetter,
  type RunRequest,
} from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import type { BackfillHandlers } from './backfill-messages.js';
import { backfillMarkdown } from './backfill-progress.js';
import { BackfillQueue } from './backfill-queue.js';
import { reasonForNone } from './backfill-checks.js';
import { endOf, endOfFailure, startRun, type RunEnd } from './backfill-run.js';
import { BackfillTally } from './backfill-tally.js';
import { failure } from './failures.js';
import { FollowedRuns } from './followed-runs.js';

const { findPlanned } = proxyActivities<ReturnType<typeof createBackfillActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'place of a partition in the plan'),
);

const { raiseToOrdinary } = proxyActivities<ReturnType<typeof createBackfillActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'ordinary priority for a run'),
);

const SHOWN_ACTIVE = 20;

/** The last runs, of which none has the ordinary priority, are starved if none has ended for so long. */
const STARVED_AFTER_MS = 5_000;

/** A run under way. */
interface Active {
  partition: string;
  /** Started by this backfill, so that it may be cancelled; undefined until that is known. */
  owned: boolean | undefined;
  /** Whether it has the ordinary priority. */
  ordinary: boolean;
  /** Cancels the run if this execution started it; undefined for one that was started before it continued as new. */
  cancel: (() => void) | undefined;
}

/**
 * The runs of a backfill: as many at once as are allowed, the next as soon as one ends. It stops short of its end to
 * continue as new; runs under way are then followed by the execution that goes on.
 */
export class BackfillWindow {
  private readonly tally: BackfillTally;
  private readonly queue: BackfillQueue;
  private readonly active = new Map<number, Active>();
  private readonly followed = new FollowedRuns();
  private started = 0;
  private starting = 0;
  private pausedBy: string | null;
  private maxActive: number;
  private priority: number;
  private changed = true;
  private ended = false;
  stop: BackfillState['stop'];

  constructor(
    private readonly input: BackfillInput,
    private readonly state: BackfillState,
    private readonly requestedBy: string,
  ) {
    this.tally = new BackfillTally(input.pipeline, state);
    this.queue = new BackfillQueue(state.plan.uri, input.order, this.tally);
    ({ pausedBy: this.pausedBy, maxActive: this.maxActive, priority: this.priority, stop: this.stop } = state);
  }

  /** Letters of all partitions that run, and why some did not succeed. */
  outcomes(): { outcomes: string; notes: BackfillState['notes'] } {
    return { outcomes: this.tally.outcomes(), notes: this.tally.notes };
  }

  /** Partitions whose keys were removed from their set after the plan was made. */
  get removed(): number {
    return this.tally.count('k');
  }

  /** Runs until all is done, or until it is time to continue as new. */
  async run(): Promise<'done' | 'continue'> {
    void this.followed.look();
    void this.keepFed();
    for (const { position, ...active } of this.state.active) this.takeOver(position, { ...active, cancel: undefined });
    for (;;) {
      this.changed = false;
      await this.fill();
      this.show();
      if (this.active.size === 0 && (this.tally.count('.') === 0 || this.stop !== null)) {
        this.ended = true;
        return 'done';
      }
      if (this.mustContinue()) return 'continue';
      await condition(() => this.changed || this.mustContinue());
    }
  }

  /** Lets go of what this execution waits for, and says what the next has to know. */
  async leave(): Promise<BackfillState> {
    await this.followed.leave();
    await condition(allHandlersFinished);
    const { pausedBy, maxActive, priority, stop } = this;
    return {
      ...this.state,
      ...this.tally.state(),
      active: [...this.active].map(([position, { partition, owned = false, ordinary }]) => ({
        position,
        partition,
        owned,
        ordinary,
      })),
      ...{ pausedBy, maxActive, priority, stop },
    };
  }

  /** What the updates do. */
  readonly handlers: BackfillHandlers = {
    pause: ({ by }) => this.whileStarting('pause', () => (this.pausedBy = by)),
    resume: () => this.whileStarting('resume', () => (this.pausedBy = null)),
    setMaxActive: ({ maxActive }) => this.change(() => (this.maxActive = maxActive)),
    setPriority: ({ priority }) => this.change(() => (this.priority = priority)),
    retryFailed: () => this.whileStarting('retryFailed', () => this.retryFailed()),
    cancelPartition: ({ partition }) => this.cancelPartition(partition),
    cancel: ({ by, running }) => this.change(() => this.cancel(by, running)),
  };

  /** Starts no more runs; those under way finish, or are cancelled too. */
  cancel(by: string, running: 'finish' | 'stop'): void {
    this.stop ??= { verdict: 'cancelled', message: `cancelled by ${by}` };
    if (running === 'stop')
      for (const active of this.active.values()) if (active.owned !== false) cancelRun(this.input, active);
    this.changed = true;
  }

  progress(): BackfillProgress {
    const { pipeline, from, to } = this.input;
    const range = backfillRange(this.input);
    const active = [...this.active.values()];
    const waiting = this.tally.count('.');
    const goesOn = this.pausedBy === null && this.stop === null;
    return {
      pipeline,
      range,
      ...(from !== undefined && { from, to }),
      phase: this.phase(),
      pausedBy: this.pausedBy,
      maxActive: this.maxActive,
      priority: this.priority,
      planned: this.tally.size,
      waiting,
      running: active.length,
      joined: active.filter(({ owned }) => owned === false).length,
      ...this.tally.progress(goesOn ? waiting + active.length : 0),
      active: active.slice(0, SHOWN_ACTIVE).map(({ partition }) => partition),
    };
  }

  private phase(): BackfillProgress['phase'] {
    if (this.ended) return 'ended';
    if (this.stop !== null) return 'stopping';
    return this.pausedBy === null ? 'running' : 'paused';
  }

  private mayStart(): boolean {
    const free = this.active.size < this.maxActive && this.started < this.input.batchSize;
    return free && this.stop === null && this.pausedBy === null && !workflowInfo().continueAsNewSuggested;
  }

  /** While others wait to be started, the next has the ordinary priority; of the last runs, one after the other is given it. */
  private async keepFed(): Promise<void> {
    for (;;) {
      await condition(() => this.starved() !== undefined);
      const left = this.active.size;
      await sleep(STARVED_AFTER_MS);
      const active = this.starved();
      if (active === undefined || this.active.size < left) continue;
      // Noted once it is done: an execution that goes on does it again if this one could not.
      await raiseToOrdinary({ workflowId: runWorkflowId(this.input.pipeline, active.partition) });
      active.ordinary = true;
    }
  }

  private starved(): Active | undefined {
    const active = [...this.active.values()];
    if (this.priority <= ORDINARY_PRIORITY || active.some(({ ordinary }) => ordinary)) return undefined;
    return active.find(({ owned }) => owned === true);
  }

  /** A start that the server has not confirmed must not be left to an execution that does not know of it. */
  private mustContinue(): boolean {
    if (this.starting > 0) return false;
    if (workflowInfo().continueAsNewSuggested) return true;
    return this.started >= this.input.batchSize && this.stop === null && this.tally.count('.') > 0;
  }

  private async fill(): Promise<void> {
    while (this.mayStart()) {
      const next = await this.queue.next();
      if (next === undefined) return;
      // It may have been paused or cancelled while the keys were looked up.
      if (!this.mayStart()) this.queue.putBack(next);
      else if (this.tally.at(next.position) === '.') void this.begin(next);
    }
  }

  /** Runs a partition to its end. Never throws: what goes wrong is its outcome. */
  private async begin({ position, partition, logicalTime, specification }: PlannedRun): Promise<void> {
    const scope = new CancellationScope();
    const ordinary = this.priority <= ORDINARY_PRIORITY || ![...this.active.values()].some((other) => other.ordinary);
    const active: Active = { partition, owned: undefined, ordinary, cancel: () => scope.cancel() };
    this.tally.begin(position, Date.now());
    this.active.set(position, active);
    this.started += 1;
    const { pipeline, params, checks, reprocess } = this.input;
    const { requestedBy } = this;
    const cache = this.input.cache ?? (reprocess === 'all' ? 'refresh' : undefined);
    const reason = checks === 'atEnd' ? reasonForNone(this.input) : checks === 'each' ? undefined : checks.off;
    const checksOff = reason === undefined ? undefined : { by: this.input.requestedBy, reason };
    const request = { pipeline, partition, logicalTime, params, checksOff, specification, cache, requestedBy };
    await this.settle(position, () => scope.run(() => this.carryOut(request, active)));
  }

  private async carryOut(request: RunRequest & { partition: string }, active: Active): Promise<RunEnd> {
    const priorityKey = active.ordinary ? Math.min(this.priority, ORDINARY_PRIORITY) : this.priority;
    const fairness = { fairnessKey: fairnessKey('backfill', request.pipeline), fairnessWeight: BACKFILL_WEIGHT };
    for (;;) {
      this.starting += 1;
      const run = await startRun(request, { priorityKey, ...fairness }).finally(() => {
        this.starting -= 1;
        this.changed = true;
      });
      active.owned = run !== undefined;
      if (run !== undefined) return endOf(await run.result);
      const end = await this.followed.follow(runWorkflowId(request.pipeline, request.partition));
      if (end !== undefined) return end;
    }
  }

  /** Takes over a run that an execution before this one started or joined. */
  private takeOver(position: number, active: Active): void {
    this.tally.mark(position, '>');
    this.active.set(position, active);
    void this.settle(position, () => this.followed.follow(runWorkflowId(this.input.pipeline, active.partition)));
  }

  private async settle(position: number, work: () => Promise<RunEnd | undefined>): Promise<void> {
    const end = await work().catch(endOfFailure);
    const partition = this.active.get(position)?.partition ?? '';
    this.active.delete(position);
    this.changed = true;
    if (end === undefined) {
      this.tally.mark(position, '.');
      this.queue.rewind();
    } else {
      this.tally.end(position, partition, end, Date.now());
      const { failed } = this.tally;
      if (failed >= (this.input.stopAfterFailures ?? Infinity)) {
        this.stop ??= { verdict: 'stopped', message: `stopped after ${failed} failed runs` };
      }
    }
    this.show();
  }

  private change(what: () => void): BackfillProgress {
    if (this.ended) throw failure('INPUT_INVALID', 'the backfill has ended; start it again with reprocess: failed');
    what();
    this.changed = true;
    this.show();
    return this.progress();
  }

  /** Refuses what has no effect on a backfill that starts no more runs; after too many failures `retryFailed` makes it go on. */
  private whileStarting(update: 'pause' | 'resume' | 'retryFailed', what: () => void): BackfillProgress {
    const stop = update === 'retryFailed' && this.stop?.verdict === 'stopped' ? null : this.stop;
    if (stop !== null && !this.ended && patched('refused-while-stopping')) {
      const remedy = stop.verdict === 'stopped' ? '; retryFailed makes it go on' : '';
      throw failure('INPUT_INVALID', `${update}: the backfill starts no more runs, ${stop.message}${remedy}`);
    }
    return this.change(what);
  }

  private retryFailed(): void {
    this.tally.forgetFailed();
    this.queue.rewind();
    if (this.stop?.verdict === 'stopped') this.stop = null;
  }

  private async cancelPartition(partition: string): Promise<BackfillProgress> {
    const position = await findPlanned({ uri: this.state.plan.uri, partition });
    if (position === null)
      throw failure('PARTITION_INVALID', `${partition} is not a partition that this backfill runs`);
    const letter = this.tally.at(position);
    const active = this.active.get(position);
    if (active?.owned === false) {
      const id = runWorkflowId(this.input.pipeline, partition);
      throw failure('INPUT_INVALID', `${partition} was started by somebody else; cancel ${id} itself`);
    }
    if (active === undefined && letter !== '.') {
      throw failure('INPUT_INVALID', `${partition} has ended: ${OUTCOME_LETTERS[letter as OutcomeLetter]}`);
    }
    return this.change(() => {
      if (active === undefined) this.tally.mark(position, 'c');
      else cancelRun(this.input, active);
    });
  }

  private show(): void {
    setCurrentDetails(backfillMarkdown(this.progress()));
  }
}

function cancelRun({ pipeline }: BackfillInput, { partition, cancel }: Active): void {
  if (cancel !== undefined) return cancel();
  const run = getExternalWorkflowHandle(runWorkflowId(pipeline, partition));
  // A run that has just ended cannot be cancelled, and need not be.
  void run.cancel().catch(() => undefined);
}
