import { proxyActivities } from '@temporalio/workflow';
import type { createBackfillActivities, PlannedRun } from '../activities/index.js';
import type { BackfillInput } from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import type { BackfillTally } from './backfill-tally.js';

// Not local: several at once would come back in another order when the history is replayed.
const { readPlanned } = proxyActivities<ReturnType<typeof createBackfillActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 60 }, 'next partitions of the plan'),
);

/** Partitions whose keys are looked up at once. */
const LOOKED_UP = 100;

/** Partitions that wait, in the order of the backfill. The plan is in the object store, so their keys are looked up in pages. */
export class BackfillQueue {
  private page: PlannedRun[] = [];
  /** Everything before it, in the order of the backfill, has been looked up. */
  private cursor = 0;

  constructor(
    private readonly planUri: string,
    private readonly order: BackfillInput['order'],
    private readonly tally: BackfillTally,
  ) {}

  /** The next partition that waits; undefined if none does. */
  async next(): Promise<PlannedRun | undefined> {
    for (;;) {
      const next = this.page.shift();
      if (next === undefined) {
        const positions = this.nextPositions();
        if (positions.length === 0) return undefined;
        this.page = await readPlanned({ uri: this.planUri, positions });
      } else if (this.tally.at(next.position) === '.') return next;
    }
  }

  /** Puts back what could not be started after all. */
  putBack(planned: PlannedRun): void {
    this.page.unshift(planned);
  }

  /** Partitions that were passed wait again. */
  rewind(): void {
    this.cursor = 0;
  }

  private nextPositions(): number[] {
    const positions: number[] = [];
    const count = this.tally.size;
    for (; this.cursor < count && positions.length < LOOKED_UP; this.cursor++) {
      const position = this.order === 'forward' ? this.cursor : count - 1 - this.cursor;
      if (this.tally.at(position) === '.') positions.push(position);
    }
    return positions;
  }
}
