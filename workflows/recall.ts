import {
  allHandlersFinished,
  condition,
  defineQuery,
  defineUpdate,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { createRecallActivities, createRecallTrafficActivities } from '../activities/index.js';
import {
  recallInputSchema,
  recallWorkflowId,
  responsibilitySchema,
  rolloutWorkflowId,
  taskQueue,
  type RecallInput,
  type RecallOutcome,
  type RecallPlan,
  type RecallProgress,
  type RecallResult,
  type RolloutInput,
} from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import { joinExecution } from './join-run.js';
import { commitRecords } from './commit-records.js';
import { asFailure, failure, parseInput, summarizeFailure } from './failures.js';
import { linkTo } from './markdown.js';
import { now } from './now.js';
import { recallEnd, recallMarkdown } from './recall-progress.js';
import type { rollout } from './rollout.js';

type RecallActivities = ReturnType<typeof createRecallActivities> & ReturnType<typeof createRecallTrafficActivities>;

const { findRecalled, assessRecall, taint, liveEndpoints, tellRollout, abortRollout, pollRecall } =
  proxyActivities<RecallActivities>(workOptions('io', 'orchestration', { timeoutSeconds: 600 }, 'recall'));

/** How far a recall is. */
export const recallProgressQuery = defineQuery<RecallProgress>('progress');

type Decision = NonNullable<RecallProgress['decision']>;
type DecisionUpdate = [{ by: string; reason: string }];

const OTHER_ROLLOUT_POLL_MS = 500;

/**
 * Takes a bad dataset version out of use: everything that came of it is tainted, so that no run reads it and nothing made
 * of it is promoted; endpoints that serve it go back, after approval; and the result says which backfills repair it. Takes
 * `recallInputSchema`, gives `recallResultSchema`. Its id is `recall/DATASET/PARTITION@VERSION`; started under any other id,
 * it leads to that one.
 */
export async function recall(input: unknown): Promise<RecallResult> {
  const request = parseInput(recallInputSchema, input, 'input of recall');
  try {
    const { workflowId } = workflowInfo();
    // Under its own id it takes messages from the first moment on.
    if (workflowId === recallWorkflowId(request.version)) return await new Recall(request).run();
    const version = await findRecalled({ version: request.version });
    const id = recallWorkflowId(version);
    if (workflowId !== id) return await lead(id, { ...request, version });
    return await new Recall({ ...request, version }).run();
  } catch (error) {
    throw isCancellation(error) ? error : asFailure(error);
  }
}

/** Starts the recall with the derived id, or joins the one that is under way, and gives its result. */
function lead(workflowId: string, request: RecallInput): Promise<RecallResult> {
  setCurrentDetails(`The recall is ${linkTo(workflowId, workflowId)}.`);
  const poll = () => pollRecall({ workflowId });
  return joinExecution({ type: 'recall', workflowId, request, summary: request.version, poll });
}

class Recall {
  private readonly started = Date.now();
  private phase: RecallProgress['phase'] = 'assessing';
  private plan: RecallPlan | null = null;
  private decision: Decision | null = null;
  private readonly outcomes: RecallOutcome[] = [];

  constructor(private readonly input: RecallInput) {
    setHandler(recallProgressQuery, () => this.progress(), {
      description: 'What is tainted, what is live, what was done.',
    });
    this.takes('approve', true, 'Rolls back the endpoints that serve what is tainted. Takes {"by", "reason"}.');
    this.takes('reject', false, 'Leaves the endpoints as they are. Takes {"by", "reason"}.');
    this.show('assessing');
  }

  async run(): Promise<RecallResult> {
    const { version, reason, requestedBy, rollBack } = this.input;
    this.plan = await assessRecall({ root: version });
    await this.record('start', requestedBy, 'recall', reason);
    this.show('tainting');
    await this.taintAll(this.plan, `recall of ${version}: ${reason}`.slice(0, 500));
    // One may have been released since it was assessed; from now on that is refused.
    this.plan = await this.lookAgain(this.plan);
    if (this.plan.endpoints.length > 0) {
      if (rollBack === 'ask') await this.ask(this.plan);
      if (rollBack === 'now' || this.decision?.approved === true) await this.rollBack(await this.lookAgain(this.plan));
      else for (const { endpoint } of this.plan.endpoints) this.outcome(endpoint, 'left', 'it serves on, by decision');
    }
    await condition(allHandlersFinished);
    const end = this.result(this.plan);
    await this.record('end', requestedBy, `recall_${end.verdict}`, end.message);
    this.show('ended');
    return end;
  }

  /**
   * Taints what came of the version, and what came of that while it was found and marked. What is made of something
   * that is marked already, the run that makes it marks.
   */
  private async taintAll(plan: RecallPlan, reason: string): Promise<void> {
    const actor = this.input.requestedBy;
    for (let before = await taint({ uri: plan.uri, actor, reason }); patched('taints-until-nothing-is-new');) {
      this.plan = await assessRecall({ root: this.input.version });
      const now = await taint({ uri: this.plan.uri, actor, reason });
      if (now === before) return;
      before = now;
    }
  }

  private takes(name: 'approve' | 'reject', approved: boolean, description: string): void {
    setHandler(
      defineUpdate<{ accepted: true }, DecisionUpdate>(name),
      async (given) => {
        this.decision = { ...parseInput(responsibilitySchema, given, name), approved };
        await this.record('decision', this.decision.by, name, this.decision.reason);
        return { accepted: true };
      },
      {
        description,
        validator: (given) => {
          parseInput(responsibilitySchema, given, name);
          if (this.phase !== 'waiting')
            throw failure('INPUT_INVALID', `${name}: the recall does not wait for a decision`);
          if (this.decision !== null)
            throw failure('INPUT_INVALID', `${name}: ${this.decision.by} has decided already`);
        },
      },
    );
  }

  /** The plan with the endpoints that serve now what is tainted, besides those that did before. */
  private async lookAgain(plan: RecallPlan): Promise<RecallPlan> {
    const live = await liveEndpoints({ root: plan.root });
    const before = plan.endpoints.filter((one) => !live.some((now) => isSame(one, now)));
    return (this.plan = { ...plan, endpoints: [...before, ...live] });
  }

  /** Waits for a decision; canaries keep their share meanwhile. */
  private async ask({ endpoints }: RecallPlan): Promise<void> {
    const canaries = endpoints.filter(({ arm }) => arm === 'canary');
    const held = await this.tell(canaries, 'hold', this.input.requestedBy, 'until it is decided');
    this.show('waiting');
    const decided = () => this.decision !== null;
    const { waitSeconds } = this.input;
    if (waitSeconds === undefined) await condition(decided);
    else if (!(await condition(decided, waitSeconds * 1000))) {
      this.decision = { by: 'nobody', reason: `no decision within ${waitSeconds} s`, approved: false };
    }
    if (this.decision?.approved !== true) {
      await this.tell(held, 'resume', this.decision?.by ?? 'nobody', this.decision?.reason ?? 'no decision');
    }
  }

  /** Tells rollouts. @returns those that were not told by somebody else before: what a person holds stays held */
  private async tell(
    canaries: RecallPlan['endpoints'],
    verb: 'hold' | 'resume',
    by: string,
    why: string,
  ): Promise<RecallPlan['endpoints']> {
    const reason = `recall of ${this.input.version}: ${why}`.slice(0, 500);
    const told: RecallPlan['endpoints'] = [];
    for (const one of canaries) if (await tellRollout({ endpoint: one.endpoint, verb, by, reason })) told.push(one);
    return told;
  }

  private async rollBack({ root, endpoints }: RecallPlan): Promise<void> {
    this.show('rolling_back');
    const by = this.decision?.by ?? this.input.requestedBy;
    for (const one of endpoints) {
      const { endpoint, arm, from } = one;
      try {
        await abortRollout({ endpoint, by, reason: `recall of ${this.input.version}`.slice(0, 500) });
        const live = (await liveEndpoints({ root })).find((now) => isSame(one, now));
        if (live === undefined) {
          const how =
            arm === 'canary' ? `the rollout of v${from.version} was aborted` : `v${from.version} serves no more`;
          this.outcome(endpoint, arm === 'canary' ? 'aborted' : 'reverted', how);
        } else if (live.to === null) {
          this.outcome(endpoint, 'left', 'there is no version to go back to that is not tainted');
        } else {
          const message = await this.revert({ endpoint, candidate: live.to, requestedBy: by });
          this.outcome(endpoint, 'reverted', message);
        }
      } catch (error) {
        if (isCancellation(error)) throw error;
        this.outcome(endpoint, 'failed', summarizeFailure(error).message);
      }
    }
  }

  /** All traffic goes back at once, by the one workflow that may move it. */
  private async revert(what: Pick<RolloutInput, 'endpoint' | 'candidate' | 'requestedBy'>): Promise<string> {
    const { runId } = workflowInfo();
    for (;;) {
      try {
        const result = await executeChild<typeof rollout>('rollout', {
          workflowId: rolloutWorkflowId(what.endpoint),
          taskQueue: taskQueue('orchestration'),
          args: [{ ...what, runId, revert: { reason: `recall of ${this.input.version}` } }],
          staticSummary: `${what.endpoint}: back to v${what.candidate.version}`,
          parentClosePolicy: ParentClosePolicy.ABANDON,
        });
        if (result.outcome === 'rolled_back') throw failure('RELEASE_FAILED', result.reason);
        return result.reason;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        await sleep(OTHER_ROLLOUT_POLL_MS);
      }
    }
  }

  private result(plan: RecallPlan): RecallResult {
    const { outcomes, decision } = this;
    const asked = this.input.rollBack === 'now' || decision?.approved === true;
    const ended = recallEnd(plan, outcomes, asked);
    const durationMs = Date.now() - this.started;
    return { version: this.input.version, plan, decision, outcomes, ...ended, durationMs };
  }

  private outcome(endpoint: string, outcome: RecallOutcome['outcome'], message: string): void {
    this.outcomes.push({ endpoint, outcome, message });
    this.show(this.phase);
  }

  private async record(fact: string, actor: string, action: string, reason: string): Promise<void> {
    const { runId } = workflowInfo();
    const about = { kind: 'action_taken' as const, key: `${runId}/${fact}`, at: now(), actor, action };
    await commitRecords([{ ...about, target: this.input.version.slice(0, 400), reason }]);
  }

  private progress(): RecallProgress {
    const { phase, plan, decision, outcomes } = this;
    return { version: this.input.version, phase, plan, decision, outcomes };
  }

  private show(phase: RecallProgress['phase']): void {
    this.phase = phase;
    setCurrentDetails(recallMarkdown(this.progress()));
  }
}

type LiveEndpoint = RecallPlan['endpoints'][number];

function isSame(one: LiveEndpoint, other: LiveEndpoint): boolean {
  return one.endpoint === other.endpoint && one.arm === other.arm && one.from.digest === other.from.digest;
}
