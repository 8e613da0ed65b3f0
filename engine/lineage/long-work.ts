import type { OwnerWork } from '../../schemas/index.js';

/** Told how many events a piece of work has gone through so far; again from the first, in its next round. */
export type OnEvents = (done: number) => void;

/** What the owner is busy with for longer than a question takes, so that who waits for it can be told how far it is. */
export class LongWork {
  private readonly underWay = new Set<OwnerWork>();

  /** Does work that goes through all events, as often as it has rounds, and is listed until it ends. */
  async run<T>(
    { what, events, rounds = 1 }: { what: OwnerWork['what']; events: number; rounds?: number },
    work: (onEvents: OnEvents) => Promise<T>,
  ): Promise<T> {
    const entry: OwnerWork = { what, events, done: 0, startedAt: new Date().toISOString() };
    this.underWay.add(entry);
    let round = 0;
    let before = 0;
    try {
      return await work((count) => {
        if (count < before) round += 1;
        before = count;
        entry.done = Math.min(1, (round + count / Math.max(1, events)) / rounds);
      });
    } finally {
      this.underWay.delete(entry);
    }
  }

  list(): OwnerWork[] {
    return [...this.underWay];
  }
}
