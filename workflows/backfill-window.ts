import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { createBackfillActivities, PlannedRun } from '../activities/index.js';
import {
  ORDINARY_PRIORITY,
  OUTCOME_LETTERS,
  runWorkflowId,
  type BackfillFailure,
  type BackfillInput,
  type BackfillProgress,
  type BackfillState,
  type OutcomeLetter,
  type PartitionOutcome,
  type RunRequest,
} from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import type { BackfillHandlers } from './backfill-messages.js';
import { backfillMarkdown } from './backfill-progress.js';
import { endOf, endOfFailure, startRun, type RunEnd } from './backfill-run.js';
import { failure } from './failures.js';

type BackfillActivities = ReturnType<typeof createBackfillActivities>;

// Not local: several at once would come back in another order when the history is replayed.
const { readPlanned, findPlanned } = proxyActivities<BackfillActivities>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'next partitions of the plan'),
);
const { pollRuns } = proxyActivities<BackfillActivities>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'runs that were started elsewhere'),
);

/** Partitions whose keys are looked up at once. */
const LOOKED_UP = 100;
/** Runs whose ends make the rate. */
const RATE_OF = 50;
const KEPT_NOTES = 500;
const SHOWN_FAILURES = 10;
const SHOWN_ACTIVE = 20;
const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 30_000;

/** A run under way; `>` stands for it among the letters. */
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
  readonly notes: BackfillState['notes'];
  private readonly letters: (OutcomeLetter | '>')[];
  /** How many there are of each letter: with a hundred thousand, nobody counts them at each event. */
  private readonly counts = new Map<OutcomeLetter | '>', number>();
  private readonly active = new Map<number, Active>();
  private readonly failures: BackfillFailure[];
  private readonly ends: number[];
  /** Runs that this execution did not start: who waits for each, by position. */
  private readonly followed = new Map<number, (end: RunEnd | undefined) => void>();
  private looking = true;
  private ready: PlannedRun[] = [];
  /** Everything before it, in the order of the backfill, has been looked up. */
  private cursor = 0;
  private started = 0;
  private starting = 0;
  private failed: number;
  private pausedBy: string | null;
  private maxActive: number;
  private priority: number;
  private changed = true;
  private leaving = false;
  private ended = false;
  stop: BackfillState['stop'];

  constructor(
    private readonly input: BackfillInput,
    private readonly state: BackfillState,
    private readonly requestedBy: string,
  ) {
    this.letters = [...state.outcomes] as OutcomeLetter[];
    for (const letter of this.letters) this.counts.set(letter, this.count(letter) + 1);
    ({ failures: this.failures, ends: this.ends, notes: this.notes, failed: this.failed, stop: this.stop } = state);
    ({ pausedBy: this.pausedBy, maxActive: this.maxActive, priority: this.priority } = state);
  }

  /** Letters of all partitions that run, those that were never started told as such. */
  outcomes(): string {
    return this.letters.map((letter) => (letter === '.' || letter === '>' ? 'n' : letter)).join('');
  }

  /** Runs until all is done, or until it is time to continue as new. */
  async run(): Promise<'done' | 'continue'> {
    void this.look();
    for (const { position, ...active } of this.state.active) this.takeOver(position, { ...active, cancel: undefined });
    for (;;) {
      this.changed = false;
      await this.fill();
      this.show();
      if (this.active.size === 0 && (this.waiting() === 0 || this.stop !== null)) {
        this.ended = true;
        return 'done';
      }
      if (this.mustContinue()) return 'continue';
      await condition(() => this.changed || this.mustContinue());
    }
  }

  /** Lets go of what this execution waits for, and says what the next has to know. */
  async leave(): Promise<BackfillState> {
    this.leaving = true;
    await condition(() => !this.looking && allHandlersFinished());
    const { pausedBy, maxActive, priority, stop, failed, failures, ends, notes } = this;
    return {
      ...this.state,
      outcomes: this.letters.map((letter) => (letter === '>' ? '.' : letter)).join(''),
      active: [...this.active].map(([position, { partition, owned = false, ordinary }]) => ({
        position,
        partition,
        owned,
        ordinary,
      })),
      ...{ notes, failures, ends, failed, pausedBy, maxActive, priority, stop },
    };
  }

  /** What the updates do. */
  readonly handlers: BackfillHandlers = {
    pause: ({ by }) => this.change(() => (this.pausedBy = by)),
    resume: () => this.change(() => (this.pausedBy = null)),
    setMaxActive: ({ maxActive }) => this.change(() => (this.maxActive = maxActive)),
    setPriority: ({ priority }) => this.change(() => (this.priority = priority)),
    retryFailed: () => this.change(() => this.retryFailed()),
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
    const { perMinute, expectedEnd } = this.rate();
    const active = [...this.active.values()];
    const outcomes: Partial<Record<PartitionOutcome, number>> = {};
    for (const [letter, count] of this.counts) {
      if (letter !== '.' && letter !== '>' && count > 0) outcomes[OUTCOME_LETTERS[letter]] = count;
    }
    return {
      pipeline,
      from,
      to,
      phase: this.phase(),
      pausedBy: this.pausedBy,
      maxActive: this.maxActive,
      priority: this.priority,
      planned: this.letters.length,
      waiting: this.waiting(),
      running: active.length,
      joined: active.filter(({ owned }) => owned === false).length,
      outcomes,
      perMinute,
      expectedEnd,
      active: active.slice(0, SHOWN_ACTIVE).map(({ partition }) => partition),
      failures: this.failures,
    };
  }

  private phase(): BackfillProgress['phase'] {
    if (this.ended) return 'ended';
    if (this.stop !== null) return 'stopping';
    return this.pausedBy === null ? 'running' : 'paused';
  }

  private waiting(): number {
    return this.count('.');
  }

  private count(letter: OutcomeLetter | '>'): number {
    return this.counts.get(letter) ?? 0;
  }

  private mark(position: number, letter: OutcomeLetter | '>'): void {
    const old = this.letters[position] ?? '.';
    this.counts.set(old, this.count(old) - 1);
    this.counts.set(letter, this.count(letter) + 1);
    this.letters[position] = letter;
  }

  private mayStart(): boolean {
    const free = this.active.size < this.maxActive && this.started < this.input.batchSize;
    return free && this.stop === null && this.pausedBy === null && !workflowInfo().continueAsNewSuggested;
  }

  /** A start that the server has not confirmed must not be left to an execution that does not know of it. */
  private mustContinue(): boolean {
    if (this.starting > 0) return false;
    if (workflowInfo().continueAsNewSuggested) return true;
    return this.started >= this.input.batchSize && this.stop === null && this.waiting() > 0;
  }

  private async fill(): Promise<void> {
    while (this.mayStart()) {
      const next = await this.next();
      if (next === undefined) return;
      // It may have been paused or cancelled while the keys were looked up.
      if (!this.mayStart()) this.ready.unshift(next);
      else if (this.letters[next.position] === '.') void this.begin(next);
    }
  }

  private async next(): Promise<PlannedRun | undefined> {
    for (;;) {
      const next = this.ready.shift();
      if (next === undefined) {
        const positions = this.nextWaiting();
        if (positions.length === 0) return undefined;
        this.ready = await readPlanned({ uri: this.state.plan.uri, positions });
      } else if (this.letters[next.position] === '.') return next;
    }
  }

  private nextWaiting(): number[] {
    const positions: number[] = [];
    const count = this.letters.length;
    for (; this.cursor < count && positions.length < LOOKED_UP; this.cursor++) {
      const position = this.input.order === 'forward' ? this.cursor : count - 1 - this.cursor;
      if (this.letters[position] === '.') positions.push(position);
    }
    return positions;
  }

  /** Runs a partition to its end. Never throws: what goes wrong is its outcome. */
  private async begin({ position, partition, logicalTime }: PlannedRun): Promise<void> {
    const scope = new CancellationScope();
    const ordinary = this.priority <= ORDINARY_PRIORITY || ![...this.active.values()].some((other) => other.ordinary);
    const active: Active = { partition, owned: undefined, ordinary, cancel: () => scope.cancel() };
    this.mark(position, '>');
    this.active.set(position, active);
    this.started += 1;
    const { pipeline, params, checks } = this.input;
    const { requestedBy } = this;
    const checksOff = checks === 'each' ? undefined : { by: this.input.requestedBy, reason: checks.off };
    const request = { pipeline, partition, logicalTime, params, checksOff, requestedBy };
    await this.settle(position, () => scope.run(() => this.carryOut(position, request, active)));
  }

  private async carryOut(
    position: number,
    request: RunRequest & { partition: string },
    active: Active,
  ): Promise<RunEnd> {
    const priorityKey = active.ordinary ? Math.min(this.priority, ORDINARY_PRIORITY) : this.priority;
    const fairnessKey = `backfill/${request.pipeline}`.slice(0, 64);
    for (;;) {
      this.starting += 1;
      const run = await startRun(request, { priorityKey, fairnessKey, fairnessWeight: 0.25 }).finally(() => {
        this.starting -= 1;
        this.changed = true;
      });
      active.owned = run !== undefined;
      if (run !== undefined) return endOf(await run.result);
      const end = await this.endElsewhere(position);
      if (end !== undefined) return end;
    }
  }

  /** Takes over a run that an execution before this one started or joined. */
  private takeOver(position: number, active: Active): void {
    this.mark(position, '>');
    this.active.set(position, active);
    void this.settle(position, () => this.endElsewhere(position));
  }

  /** The end of a run that this execution did not start; undefined if it is gone. */
  private endElsewhere(position: number): Promise<RunEnd | undefined> {
    return new Promise((resolve) => this.followed.set(position, resolve));
  }

  /** Looks at the runs that were started elsewhere, less and less often while nothing happens. */
  private async look(): Promise<void> {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
      await condition(() => this.followed.size > 0 || this.leaving);
      if (this.leaving) break;
      if (await this.lookOnce().catch(() => false)) wait = FIRST_LOOK_MS;
      const known = this.followed.size;
      const more = await condition(() => this.leaving || this.followed.size > known, wait);
      if (more) wait = FIRST_LOOK_MS;
    }
    this.looking = false;
  }

  /** Whether something has ended. */
  private async lookOnce(): Promise<boolean> {
    const positions = [...this.followed.keys()];
    const workflowIds = positions.map((position) =>
      runWorkflowId(this.input.pipeline, this.active.get(position)?.partition ?? ''),
    );
    const polled = await pollRuns({ workflowIds });
    for (const [index, position] of positions.entries()) {
      const found = polled[index];
      if (found === undefined || found.status === 'running') continue;
      this.followed.get(position)?.(found.status === 'ended' ? endOf(found) : undefined);
      this.followed.delete(position);
    }
    return polled.some(({ status }) => status !== 'running');
  }

  private async settle(position: number, work: () => Promise<RunEnd | undefined>): Promise<void> {
    const end = await work().catch(endOfFailure);
    const partition = this.active.get(position)?.partition ?? '';
    this.active.delete(position);
    this.changed = true;
    if (end === undefined) {
      this.mark(position, '.');
      this.cursor = 0;
    } else this.note(position, partition, end);
    this.show();
  }

  private note(position: number, partition: string, { letter, problem }: RunEnd): void {
    this.mark(position, letter);
    this.ends.push(Date.now());
    if (this.ends.length > RATE_OF) this.ends.shift();
    if (problem === null) return;
    const message = problem.message.slice(0, 200);
    if (this.notes.length < KEPT_NOTES) this.notes.push([position, problem.code, message]);
    const workflowId = runWorkflowId(this.input.pipeline, partition);
    this.failures.unshift({ partition, code: problem.code, message, workflowId });
    this.failures.splice(SHOWN_FAILURES);
    if (letter !== 'f') return;
    this.failed += 1;
    const limit = this.input.stopAfterFailures;
    if (limit !== undefined && this.failed >= limit) {
      this.stop ??= { verdict: 'stopped', message: `stopped after ${this.failed} failed runs` };
    }
  }

  private change(what: () => void): BackfillProgress {
    if (this.ended) throw failure('INPUT_INVALID', 'the backfill has ended; start it again with reprocess: failed');
    what();
    this.changed = true;
    this.show();
    return this.progress();
  }

  private retryFailed(): void {
    const failed = new Set<number>();
    this.letters.forEach((letter, position) => letter === 'f' && failed.add(position));
    for (const position of failed) this.mark(position, '.');
    const kept = this.notes.filter(([position]) => !failed.has(position));
    this.notes.splice(0, this.notes.length, ...kept);
    this.failures.splice(0);
    this.failed = 0;
    this.cursor = 0;
    if (this.stop?.verdict === 'stopped') this.stop = null;
  }

  private async cancelPartition(partition: string): Promise<BackfillProgress> {
    const position = await findPlanned({ uri: this.state.plan.uri, partition });
    if (position === null)
      throw failure('PARTITION_INVALID', `${partition} is not a partition that this backfill runs`);
    const letter = this.letters[position] ?? '.';
    const active = this.active.get(position);
    if (active?.owned === false) {
      const id = runWorkflowId(this.input.pipeline, partition);
      throw failure('INPUT_INVALID', `${partition} was started by somebody else; cancel ${id} itself`);
    }
    if (active === undefined && letter !== '.') {
      throw failure('INPUT_INVALID', `${partition} has ended: ${OUTCOME_LETTERS[letter as OutcomeLetter]}`);
    }
    return this.change(() => {
      if (active === undefined) this.mark(position, 'c');
      else cancelRun(this.input, active);
    });
  }

  private rate(): Pick<BackfillProgress, 'perMinute' | 'expectedEnd'> {
    const [first = 0] = this.ends;
    const last = this.ends.at(-1) ?? 0;
    if (this.ends.length < 2 || last <= first) return { perMinute: null, expectedEnd: null };
    const perMinute = ((this.ends.length - 1) * 60_000) / (last - first);
    const left = this.waiting() + this.active.size;
    const known = left > 0 && this.pausedBy === null && this.stop === null;
    return {
      perMinute: Math.round(perMinute * 10) / 10,
      expectedEnd: known ? new Date(last + (left * 60_000) / perMinute).toISOString() : null,
    };
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
