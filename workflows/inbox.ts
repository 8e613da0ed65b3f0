import {
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { createTriggerActivities } from '../activities/index.js';
import {
  inboxWorkflowId,
  runWorkflowId,
  taskQueue,
  triggerEventSchema,
  type InboxStatus,
  type RunRequest,
  type TriggerEvent,
  type TriggeredRun,
} from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { commitEnd } from './commit-records.js';
import { asFailure, failure, parseInput, summarizeFailure } from './failures.js';
import { inboxInputSchema, type InboxInput, type WaitingTrigger } from './inbox-input.js';
import { entryOf, groupOf, groupsOf, nextDue, settle, statusOf, surplusOf, type Group } from './inbox-groups.js';
import { inboxMarkdown, SHOWN_EVENTS } from './inbox-progress.js';
import { now } from './now.js';
import { runPriority } from './run-priority.js';

type TriggerActivities = ReturnType<typeof createTriggerActivities>;

const { routeEvents } = proxyActivities<TriggerActivities>(LOOK_AGAIN('1 second', 'the lineage owner'));
const { watch } = proxyActivities<TriggerActivities>(LOOK_AGAIN('2 seconds', 'datasets and files that are watched'));

/** Gives the inbox an event: `triggerEventSchema`. */
export const deliverSignal = defineSignal<[unknown]>('deliver');
/** Makes the inbox look whether there is anything to watch; sent by workers when they start. */
export const wakeSignal = defineSignal('wake');
/** Events that have not ended. */
export const waitingQuery = defineQuery<InboxStatus>('waiting');

/** Events that are looked at in one go. */
const BATCH = 100;
/** Runs that are being started, or wait for another one to end, beyond which nothing more is looked for. */
const MOST_STARTING = 200;
/** Events that wait for one run, beyond which those in between are on record as part of it before it starts. */
const MOST_GATHERED = 500;

/**
 * The inbox of a pipeline: takes events, starts runs for them, and puts on record what came of each. Its id is
 * `inbox/PIPELINE`. Takes one object, `inboxInputSchema`; ends when nothing is left to do and nothing is to be watched.
 */
export async function inbox(input: unknown): Promise<{ pipeline: string }> {
  const state = parseInput(inboxInputSchema, input, 'input of inbox');
  const derived = inboxWorkflowId(state.pipeline);
  if (workflowInfo().workflowId !== derived) {
    throw failure('INPUT_INVALID', `the inbox of ${state.pipeline} has the workflow id ${derived}`);
  }
  try {
    return await new Inbox(state).run();
  } catch (error) {
    throw isCancellation(error) || !(error instanceof Error) || error.name === 'ContinueAsNew'
      ? error
      : asFailure(error);
  }
}

class Inbox {
  private readonly pipeline: string;
  private readonly arrived: TriggerEvent[];
  private readonly waiting: WaitingTrigger[];
  private readonly ending: WaitingTrigger[] = [];
  private recording: Promise<void> | null = null;
  private readonly starting = new Map<string, Promise<void>>();
  /** Groups whose run is being started, with the events that they have. */
  private readonly claimed = new Set<string>();
  private readonly counts: InboxInput['counts'];
  private cursor: number | null;
  private watching = true;
  private watcher: Promise<unknown> | null = null;
  private wake = false;
  private stopping = false;
  private problem: Error | undefined;

  constructor(state: InboxInput) {
    ({ pipeline: this.pipeline, cursor: this.cursor } = state);
    this.arrived = [...state.arrived];
    this.waiting = [...state.waiting];
    this.counts = { ...state.counts };
    setHandler(deliverSignal, (event) => this.take(event), { description: 'Gives the inbox an event, one object.' });
    setHandler(wakeSignal, () => void (this.wake = true), {
      description: 'Looks again whether there is anything to watch.',
    });
    setHandler(waitingQuery, () => statusOf(this.pipeline, this.watching, this.waiting, this.arrived, Date.now()), {
      description: 'Events that have not ended.',
    });
  }

  async run(): Promise<{ pipeline: string }> {
    const scope = new CancellationScope();
    this.wake = true;
    for (;;) {
      if (this.wake && this.watcher === null) this.watchIn(scope);
      await this.routeArrived();
      const groups = groupsOf(this.waiting, Date.now());
      for (const group of groups) await this.gather(group);
      for (const group of groups) {
        if (group.due && !this.starting.has(group.key)) this.start(scope, group);
      }
      this.show();
      if (workflowInfo().continueAsNewSuggested) return this.goOnAsNew(scope);
      const done = this.arrived.length + this.waiting.length === 0 && this.watcher === null;
      if (done && !this.wake) break;
      await this.somethingToDo(groups);
      if (this.problem !== undefined) throw this.problem;
    }
    await condition(allHandlersFinished);
    return { pipeline: this.pipeline };
  }

  /** What a signal brings is taken whatever it is: a sender that errs must be seen, not lost. */
  private take(input: unknown): void {
    const parsed = triggerEventSchema.safeParse(input);
    if (parsed.success) this.arrived.push(parsed.data);
    else {
      const subject = `not an event: ${JSON.stringify(input ?? null)}`.slice(0, 400);
      this.arrived.push({ id: `invalid-${uuid4()}`, source: 'service', trigger: 'invalid', subject, params: {} });
    }
  }

  private async routeArrived(): Promise<void> {
    while (this.arrived.length > 0) {
      const batch = this.arrived.slice(0, BATCH);
      const pending = new Set(this.waiting.map(({ event }) => event.id));
      const at = now();
      const routes = await routeEvents({ pipeline: this.pipeline, events: batch, now: at });
      const ended: WaitingTrigger[] = [];
      batch.forEach((event, index) => {
        const route = routes[index];
        if (route === undefined || route.known || pending.has(event.id)) return;
        const { trigger } = route;
        if ('ignored' in route) {
          ended.push({ event, trigger, receivedAt: at, targets: [], ended: [], ignored: route.ignored });
          return;
        }
        const { targets, debounceSeconds, maxWaitSeconds, whileRunning } = route;
        const settings = { debounceMs: debounceSeconds * 1000, maxWaitMs: maxWaitSeconds * 1000, whileRunning };
        this.waiting.push({
          ...{ event, trigger, receivedAt: at, ended: [], ignored: null },
          targets: targets.map((target) => ({ ...target, ...settings })),
        });
      });
      await this.record(ended);
      // Only now: what is neither waiting nor on record must still be here if the workflow continues as new.
      this.arrived.splice(0, batch.length);
    }
  }

  private watchIn(scope: CancellationScope): void {
    this.wake = false;
    this.watching = true;
    this.watcher = scope
      .run(() => this.watchOn())
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.watcher = null));
  }

  /** Looks at datasets and files for as long as there are any to look at. */
  private async watchOn(): Promise<void> {
    for (;;) {
      const pending = [...this.waiting.map(({ event }) => event), ...this.arrived]
        .filter(({ source }) => source === 'file')
        .map(({ id }) => id);
      const found = await watch({ pipeline: this.pipeline, cursor: this.cursor, pending });
      this.watching = found.watching;
      this.cursor = found.cursor;
      this.arrived.push(...found.events);
      if (!found.watching) return;
      // What is found is still there later: thousands at once are taken as their runs get going.
      await condition(() => this.arrived.length === 0 && this.starting.size < MOST_STARTING);
    }
  }

  private start(scope: CancellationScope, group: Group): void {
    const starting = scope.run(() => this.startGroup(group)).catch((error: unknown) => this.fail(error));
    this.starting.set(
      group.key,
      starting.finally(() => this.starting.delete(group.key)),
    );
  }

  /** Starts the run of a group; events that join the group before it starts are part of it. */
  private async startGroup({ key, partition, params }: Group): Promise<void> {
    const workflowId = runWorkflowId(this.pipeline, partition);
    for (;;) {
      const group = groupOf(this.waiting, key, Date.now());
      if (group === undefined) return;
      const [first] = group.events;
      const requestedBy = first?.event.requestedBy ?? `trigger ${first?.trigger}`;
      this.claimed.add(key);
      const started = await startDetached({ pipeline: this.pipeline, partition, params, requestedBy });
      this.claimed.delete(key);
      if ('runId' in started) return this.end(group, { partition, workflowId, runId: started.runId }, null);
      if ('problem' in started) return this.end(group, null, started.problem);
      const run = { partition, workflowId, runId: null };
      if (group.whileRunning === 'merge') return this.end(group, run, 'its run was under way');
      if (group.whileRunning === 'ignore') return this.end(group, null, `${workflowId} was under way`);
      const { awaitRunEnd } = proxyActivities<TriggerActivities>(LOOK_AGAIN('1 second', `the end of ${workflowId}`));
      await awaitRunEnd({ workflowId });
    }
  }

  /** Thousands of events about one partition do not all wait for its run. */
  private async gather(group: Group): Promise<void> {
    const { key, partition, events } = group;
    if (this.claimed.has(key)) return;
    const surplus = { ...group, events: surplusOf(group, MOST_GATHERED) };
    const run = { partition, workflowId: runWorkflowId(this.pipeline, partition), runId: null };
    await this.record(settle(surplus, run, `with ${events[0]?.event.id}, for which a run is going to start`));
  }

  private async end(group: Group, run: TriggeredRun | null, reason: string | null): Promise<void> {
    await this.record(settle(group, run, reason));
  }

  /** Puts events that have ended on record, and forgets them: those that end meanwhile are one commit, not one each. */
  private record(ended: readonly WaitingTrigger[]): Promise<void> {
    if (ended.length === 0) return Promise.resolve();
    this.ending.push(...ended);
    this.recording ??= this.recordEnding();
    return this.recording;
  }

  private async recordEnding(): Promise<void> {
    try {
      while (this.ending.length > 0) {
        const some = this.ending.splice(0, BATCH);
        const records = some.map((event) => entryOf(this.pipeline, event));
        await CancellationScope.nonCancellable(() => commitEnd(records));
        for (const { event } of records) this.counts[event.outcome] += 1;
        for (const event of some) {
          const index = this.waiting.indexOf(event);
          if (index >= 0) this.waiting.splice(index, 1);
        }
      }
    } finally {
      // At once: what ends from here on begins the next.
      this.recording = null;
    }
  }

  private async somethingToDo(groups: readonly Group[]): Promise<void> {
    const due = nextDue(
      groups.filter(({ key }) => !this.starting.has(key)),
      Date.now(),
    );
    const { size } = this.starting;
    const changed = () =>
      this.arrived.length > 0 ||
      this.starting.size !== size ||
      this.problem !== undefined ||
      (this.watcher === null && (this.wake || this.waiting.length === 0));
    if (due === null) await condition(changed);
    else await condition(changed, due);
  }

  private fail(error: unknown): void {
    if (!this.stopping) this.problem ??= error instanceof Error ? error : asFailure(error);
  }

  private show(): void {
    const shown = this.waiting.slice(0, SHOWN_EVENTS);
    const status = statusOf(this.pipeline, this.watching, shown, this.arrived.slice(0, SHOWN_EVENTS), Date.now());
    setCurrentDetails(inboxMarkdown(status, this.counts, this.waiting.length + this.arrived.length));
  }

  /** Whatever was being waited for is waited for again by the next execution. */
  private async goOnAsNew(scope: CancellationScope): Promise<never> {
    this.stopping = true;
    scope.cancel();
    await this.watcher;
    await Promise.all(this.starting.values());
    await condition(allHandlersFinished);
    const { pipeline, cursor, arrived, waiting, counts } = this;
    return continueAsNew<typeof inbox>({ pipeline, cursor, arrived, waiting, counts } satisfies InboxInput);
  }
}

/** Starts a run that goes on whatever becomes of the inbox. */
async function startDetached(
  request: RunRequest & { partition: string },
): Promise<{ runId: string } | { underWay: true } | { problem: string }> {
  const { pipeline, partition } = request;
  try {
    const child = await CancellationScope.nonCancellable(() =>
      startChild('pipelineRun', {
        workflowId: runWorkflowId(pipeline, partition),
        taskQueue: taskQueue('orchestration'),
        args: [request],
        staticSummary: `${pipeline} ${partition}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        priority: runPriority(pipeline),
      }),
    );
    return { runId: child.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { underWay: true };
    return { problem: summarizeFailure(error).message };
  }
}
