/**
 * A token bucket for each caller: so many requests a second in the long run, twice as many at once.
 * @param now clock in milliseconds that never goes back
 */
export class RateLimit {
  private readonly buckets = new Map<string, { left: number; at: number }>();

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether one more request of this caller may pass now. */
  take(caller: string): boolean {
    const at = this.now();
    const burst = this.perSecond * 2;
    const bucket = this.buckets.get(caller) ?? { left: burst, at };
    const left = Math.min(burst, bucket.left + ((at - bucket.at) / 1000) * this.perSecond);
    if (!this.buckets.has(caller) && this.buckets.size > 10_000) this.buckets.clear(); // addresses of a flood
    this.buckets.set(caller, { left: left >= 1 ? left - 1 : left, at });
    return left >= 1;
  }
}
