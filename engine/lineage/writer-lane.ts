/** Lets one piece of work at a time have the writing connection; the next begins when the one before has ended. */
export class WriterLane {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result.catch(() => undefined);
    return result;
  }
}
