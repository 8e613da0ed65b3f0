import { condition, proxyActivities } from '@temporalio/workflow';
import type { createBackfillActivities } from '../activities/index.js';
import { workOptions } from './activity-options.js';
import { endOf, type RunEnd } from './backfill-run.js';

const { pollRuns } = proxyActivities<ReturnType<typeof createBackfillActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'runs that were started elsewhere'),
);

const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 30_000;

/** Runs that this execution did not start: it cannot be told of their ends, so it looks at all of them at once. */
export class FollowedRuns {
  /** Who waits for each, by workflow id. */
  private readonly waiting = new Map<string, (end: RunEnd | undefined) => void>();
  private leaving = false;
  private looking = false;

  /** The end of a run; undefined if it is gone. */
  follow(workflowId: string): Promise<RunEnd | undefined> {
    return new Promise((resolve) => this.waiting.set(workflowId, resolve));
  }

  /** Looks less and less often while nothing happens, until it is to leave. */
  async look(): Promise<void> {
    this.looking = true;
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
      await condition(() => this.waiting.size > 0 || this.leaving);
      if (this.leaving) break;
      if (await this.lookOnce().catch(() => false)) wait = FIRST_LOOK_MS;
      const known = this.waiting.size;
      const more = await condition(() => this.leaving || this.waiting.size > known, wait);
      if (more) wait = FIRST_LOOK_MS;
    }
    this.looking = false;
  }

  /** Follows nothing from now on; resolves when no look is under way. */
  async leave(): Promise<void> {
    this.leaving = true;
    await condition(() => !this.looking);
  }

  /** Whether something has ended. */
  private async lookOnce(): Promise<boolean> {
    const workflowIds = [...this.waiting.keys()];
    const polled = await pollRuns({ workflowIds });
    for (const [index, workflowId] of workflowIds.entries()) {
      const found = polled[index];
      if (found === undefined || found.status === 'running') continue;
      this.waiting.get(workflowId)?.(found.status === 'ended' ? endOf(found) : undefined);
      this.waiting.delete(workflowId);
    }
    return polled.some(({ status }) => status !== 'running');
  }
}
