import { CancellationScope, isCancellation, patched, sleep } from '@temporalio/workflow';

/**
 * Steps that begin before any has ended. Temporal holds back a hundred events while a worker is at an execution, two for
 * each activity that ends; at one more it takes the task away, and the worker goes through the whole history again. And
 * to begin a step takes some milliseconds: an answer of more than five seconds ends the worker.
 */
const FIRST = 45;

/** Steps under way at most: Temporal holds 2,000 activities of an execution open, and a step may have several. */
const MOST = 1_000;

/**
 * Lets the steps of a run begin in the order in which they could, as many side by side as the run can follow: another
 * one for each that ends, and more each second in which few do, until there are {@link MOST}.
 */
export class StepStarts {
  private room = FIRST;
  private underWay = 0;
  /** Steps that ended since there was room for more. */
  private ended = 0;
  private widening: CancellationScope | null = null;
  private readonly waiting: (() => void)[] = [];

  /** Does the work of a step as soon as it may begin. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.underWay >= this.room && patched('step-starts')) {
      const turn = new Promise<void>((resolve) => this.waiting.push(resolve));
      void this.widen();
      await turn;
      this.stopWidening();
    } else {
      this.underWay += 1;
    }
    try {
      await work();
    } finally {
      this.underWay -= 1;
      this.ended += 1;
      this.admit();
    }
  }

  private admit(): void {
    while (this.underWay < this.room) {
      const begin = this.waiting.shift();
      if (begin === undefined) return;
      this.underWay += 1;
      begin();
    }
  }

  private async widen(): Promise<void> {
    if (this.widening !== null) return;
    const widening = new CancellationScope();
    this.widening = widening;
    try {
      await widening.run(() => this.widenEachSecond());
    } catch (error) {
      if (!isCancellation(error)) throw error;
      if (this.widening !== widening) return;
      // Each that begins sees that the run is cancelled.
      this.room = Infinity;
      this.admit();
    } finally {
      if (this.widening === widening) this.widening = null;
    }
  }

  private async widenEachSecond(): Promise<void> {
    while (this.waiting.length > 0 && this.room < MOST) {
      this.ended = 0;
      await sleep(1_000);
      if (this.ended < FIRST) this.room = Math.min(this.room + FIRST, MOST);
      this.admit();
    }
  }

  /** A timer that fires while a run ends would make Temporal refuse that end, and have it tried once more. */
  private stopWidening(): void {
    const { widening } = this;
    if (this.waiting.length > 0 || widening === null || !patched('widening-ends')) return;
    this.widening = null;
    widening.cancel();
  }
}
