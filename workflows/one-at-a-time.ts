/** How a call waits where another is at work: for its turn, for a free moment as older histories did, or not at all. */
export type Waiting = 'for-its-turn' | 'for-a-free-moment' | 'not';

interface Place {
  kept: boolean;
  enter: () => void;
}

/** Calls that come one at a time, in the order in which they were made. */
export class OneAtATime {
  private atWork = 0;
  private readonly queue: Place[] = [];

  /** @param waiting asked where another is at work, and only there: what it answers may be on record */
  constructor(private readonly waiting: () => Waiting) {}

  /**
   * Does the work when it is its turn. Whoever is done hands its place over to the next: nobody who comes between its end and the
   * moment at which the next one goes on gets ahead of it, or beside it.
   * @param cancelled rejects when the caller is not to wait any longer; the others keep their places then
   */
  async run<T>(work: () => Promise<T>, cancelled?: Promise<never>): Promise<T> {
    const waiting = this.atWork > 0 ? this.waiting() : 'not';
    if (waiting !== 'not') await this.wait(waiting === 'for-its-turn', cancelled);
    if (waiting !== 'for-its-turn') this.atWork += 1;
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private wait(kept: boolean, cancelled: Promise<never> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const place: Place = { kept, enter: resolve };
      this.queue.push(place);
      if (!kept) return;
      cancelled?.catch((reason: Error) => {
        const at = this.queue.indexOf(place);
        // Who has a place already goes on, and is told by its work: nobody would give the place back otherwise.
        if (at === -1) return;
        this.queue.splice(at, 1);
        reject(reason);
      });
    });
  }

  private leave(): void {
    // More than one are at work only in histories that are older than this queue.
    const next = this.atWork === 1 ? this.queue.shift() : undefined;
    if (next?.kept !== true) this.atWork -= 1;
    next?.enter();
  }
}
