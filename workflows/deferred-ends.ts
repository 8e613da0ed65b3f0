import { CancellationScope, sleep } from '@temporalio/workflow';
import type { LineageRecord } from '../schemas/index.js';
import { commitEnd } from './commit-records.js';

/** Ends that wait at most: a commit takes a thousand records, and a payload two megabytes. */
const MOST = 100;

/** Longest time that the end of a short step is not yet on record. */
const LATEST_MS = 1_000;

/**
 * Ends of steps that nobody but the record waits for: they are committed with what comes next, or together after a
 * second. A chain of steps of milliseconds, or hundreds of steps side by side, would otherwise spend most of its time on commits.
 */
export class DeferredEnds {
  private records: LineageRecord[] = [];
  private timer: CancellationScope | null = null;

  /** Whether the end of a step may be deferred: it took no longer than the wait would, or others are about to end that it can wait for. */
  allows(durationMs: number | null, besideOthers: boolean): boolean {
    return this.records.length < MOST && (besideOthers || (durationMs !== null && durationMs < LATEST_MS));
  }

  add(record: LineageRecord): void {
    this.records.push(record);
    if (this.timer !== null) return;
    const timer = new CancellationScope();
    this.timer = timer;
    // Cancelled when somebody takes the records, or with the run, whose end takes them.
    void timer.run(() => this.commitLater()).catch(() => undefined);
  }

  /** What waits, for whoever commits it now. */
  take(): LineageRecord[] {
    this.timer?.cancel();
    this.timer = null;
    return this.records.splice(0);
  }

  /** Takes back what could not be committed. */
  restore(records: readonly LineageRecord[]): void {
    this.records.unshift(...records);
  }

  private async commitLater(): Promise<void> {
    await sleep(LATEST_MS);
    this.timer = null;
    await CancellationScope.nonCancellable(() => commitEnd(this.take()));
  }
}
