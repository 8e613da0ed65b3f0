/** What a submission came to: its value, or the error that it alone must see. */
export type Outcome<R> = { value: R } | { error: unknown };

interface Waiting<T, R> {
  item: T;
  size: number;
  resolve(value: R): void;
  reject(error: unknown): void;
}

/**
 * Group commit: what is submitted while a commit is under way waits and is committed together in the next one. No timer
 * is involved, so a lone submission never waits, and under load the groups grow by themselves.
 */
export class CommitQueue<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private running: Promise<void> | null = null;

  /**
   * @param commitGroup commits a group and says of each item, in order, what it came to; when it rejects, nothing of the group was committed
   * @param maxSize sizes of the items of a group add up to no more than this, unless one item alone is larger
   */
  constructor(
    private readonly commitGroup: (items: readonly T[]) => Promise<Outcome<R>[]>,
    private readonly maxSize: number,
  ) {}

  /** Resolves after the commit. */
  submit(item: T, size: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.waiting.push({ item, size, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing is waiting and nothing is under way. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private async run(): Promise<void> {
    await Promise.resolve(); // what is submitted in the same turn belongs to the same group
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      if (!(await this.commitAll(group)) && group.length > 1) {
        // One item may have spoilt the commit for all: each gets a commit of its own.
        for (const one of group) await this.commitAll([one]);
      }
    }
    this.running = null;
  }

  private takeGroup(): Waiting<T, R>[] {
    let size = 0;
    const end = this.waiting.findIndex((entry, index) => (size += entry.size) > this.maxSize && index > 0);
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** @returns false if the commit failed as a whole and the group has more than one item, which are still unanswered */
  private async commitAll(group: readonly Waiting<T, R>[]): Promise<boolean> {
    try {
      const outcomes = await this.commitGroup(group.map((entry) => entry.item));
      group.forEach((entry, index) => {
        const outcome = outcomes[index] ?? { error: new Error('the commit gave no outcome for this item') };
        if ('error' in outcome) entry.reject(outcome.error);
        else entry.resolve(outcome.value);
      });
      return true;
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      return false;
    }
  }
}
