/**
 * A KLL sketch of quantiles (Karnin, Lang, Liberty 2016): a value at level `h` stands for 2^h values. Levels that are full are
 * sorted, and every other value moves up. The coin that decides which half is a fixed sequence, so the same input in the same
 * order gives the same sketch.
 */
export class Kll {
  private stack: number[][] = [[]];
  private size = 0;
  /** How many values each level may hold, and all together; both follow from the number of levels. */
  private limits: number[] = [];
  private capacity = 0;
  private coin = 0x2545f491;

  constructor(private readonly k: number) {
    this.setLimits();
  }

  /** Takes in `weight` (a whole number) rows of a value. */
  add(value: number, weight = 1): void {
    for (let level = 0, rest = weight; rest >= 1; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) {
        this.at(level).push(value);
        this.size++;
      }
    }
    if (this.size > this.capacity) this.compress();
  }

  /** Takes in the levels of another sketch. */
  merge(levels: readonly (readonly number[])[]): void {
    levels.forEach((values, level) => {
      const own = this.at(level);
      for (const value of values) own.push(value);
      this.size += values.length;
    });
    while (this.size > this.capacity && this.compress());
  }

  /** A copy of the levels. */
  levels(): number[][] {
    return this.stack.map((level) => [...level]);
  }

  private at(level: number): number[] {
    if (this.stack.length <= level) {
      while (this.stack.length <= level) this.stack.push([]);
      this.setLimits();
    }
    return this.stack[level]!;
  }

  private setLimits(): void {
    const levels = this.stack.length;
    this.limits = this.stack.map((_, level) => Math.max(8, Math.ceil(this.k * (2 / 3) ** (levels - 1 - level))));
    this.capacity = this.limits.reduce((sum, limit) => sum + limit, 0);
  }

  /** Halves the lowest level that is over its limit; false where none is. */
  private compress(): boolean {
    const level = this.stack.findIndex((values, i) => values.length >= this.limits[i]!);
    if (level < 0) return false;
    const values = Float64Array.from(this.stack[level]!).sort();
    const above = this.at(level + 1);
    // One of an odd number stays behind, so that the weights add up.
    const even = values.length - (values.length % 2);
    for (let i = this.flip(); i < even; i += 2) above.push(values[i]!);
    this.size -= even / 2;
    this.stack[level] = even < values.length ? [values[even]!] : [];
    return true;
  }

  /** Marsaglia’s xorshift. */
  private flip(): 0 | 1 {
    this.coin ^= this.coin << 13;
    this.coin ^= this.coin >>> 17;
    this.coin ^= this.coin << 5;
    return (this.coin & 1) as 0 | 1;
  }
}
