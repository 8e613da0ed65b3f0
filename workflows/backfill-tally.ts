import {
  OUTCOME_LETTERS,
  runWorkflowId,
  type BackfillFailure,
  type BackfillProgress,
  type BackfillState,
  type OutcomeLetter,
  type PartitionOutcome,
} from '../schemas/index.js';
import type { RunEnd } from './backfill-run.js';

/** State of a partition that runs: its outcome, `.` while it waits, `>` while its run is under way. */
export type PartitionLetter = OutcomeLetter | '>';

/** Times of which the rate is made: ends of runs, and before so many, when the first began. */
const RATE_OF = 50;
const KEPT_NOTES = 500;
const SHOWN_FAILURES = 10;

/** What the tally gives to the execution that goes on. */
export type TallyState = Pick<BackfillState, 'outcomes' | 'notes' | 'failures' | 'ends' | 'failed'>;

/** What has become of each partition of a backfill, and how fast. One letter a partition: there may be a hundred thousand. */
export class BackfillTally {
  readonly notes: BackfillState['notes'];
  private readonly letters: PartitionLetter[];
  /** How many there are of each letter: with a hundred thousand, nobody counts them at each event. */
  private readonly counts = new Map<PartitionLetter, number>();
  private readonly shown: BackfillFailure[];
  private readonly ends: number[];
  private failedRuns: number;

  constructor(
    private readonly pipeline: string,
    { outcomes, notes, failures, ends, failed }: TallyState,
  ) {
    this.letters = [...outcomes] as OutcomeLetter[];
    for (const letter of this.letters) this.counts.set(letter, this.count(letter) + 1);
    [this.notes, this.shown, this.ends, this.failedRuns] = [notes, failures, ends, failed];
  }

  get size(): number {
    return this.letters.length;
  }

  /** Failed runs since the start, or since they were last told to run again. */
  get failed(): number {
    return this.failedRuns;
  }

  at(position: number): PartitionLetter {
    return this.letters[position] ?? '.';
  }

  count(letter: PartitionLetter): number {
    return this.counts.get(letter) ?? 0;
  }

  mark(position: number, letter: PartitionLetter): void {
    const old = this.at(position);
    this.counts.set(old, this.count(old) - 1);
    this.counts.set(letter, this.count(letter) + 1);
    this.letters[position] = letter;
  }

  /** Notes that the run of a partition begins. The first one begins the time in which ends are counted: several may end at once. */
  begin(position: number, at: number): void {
    this.mark(position, '>');
    if (this.ends.length === 0) this.ends.push(at);
  }

  /** Notes how the run of a partition ended. */
  end(position: number, partition: string, { letter, problem }: RunEnd, at: number): void {
    this.mark(position, letter);
    this.ends.push(at);
    if (this.ends.length > RATE_OF) this.ends.shift();
    if (letter === 'f') this.failedRuns += 1;
    if (problem === null) return;
    const message = problem.message.slice(0, 200);
    if (this.notes.length < KEPT_NOTES) this.notes.push([position, problem.code, message]);
    const workflowId = runWorkflowId(this.pipeline, partition);
    this.shown.unshift({ partition, code: problem.code, message, workflowId });
    this.shown.splice(SHOWN_FAILURES);
  }

  /** What failed waits again, as if it had not run. */
  forgetFailed(): void {
    const failed = new Set<number>();
    this.letters.forEach((letter, position) => letter === 'f' && failed.add(position));
    for (const position of failed) this.mark(position, '.');
    const kept = this.notes.filter(([position]) => !failed.has(position));
    this.notes.splice(0, this.notes.length, ...kept);
    this.shown.splice(0);
    this.failedRuns = 0;
  }

  /** Letters of all partitions in the end: those that were never started are told as such. */
  outcomes(): string {
    return this.letters.map((letter) => (letter === '.' || letter === '>' ? 'n' : letter)).join('');
  }

  /** Counts by outcome, the last failures, and the rate. @param left partitions that have not ended; 0 where nothing is expected */
  progress(left: number): Pick<BackfillProgress, 'outcomes' | 'failures' | 'perMinute' | 'expectedEnd'> {
    const outcomes: Partial<Record<PartitionOutcome, number>> = {};
    for (const [letter, count] of this.counts) {
      if (letter !== '.' && letter !== '>' && count > 0) outcomes[OUTCOME_LETTERS[letter]] = count;
    }
    return { outcomes, failures: this.shown, ...this.rate(left) };
  }

  state(): TallyState {
    const { notes, shown: failures, ends, failedRuns: failed } = this;
    return {
      outcomes: this.letters.map((letter) => (letter === '>' ? '.' : letter)).join(''),
      notes,
      failures,
      ends,
      failed,
    };
  }

  private rate(left: number): Pick<BackfillProgress, 'perMinute' | 'expectedEnd'> {
    const [first = 0] = this.ends;
    const last = this.ends.at(-1) ?? 0;
    if (this.ends.length < 2 || last <= first) return { perMinute: null, expectedEnd: null };
    const perMinute = ((this.ends.length - 1) * 60_000) / (last - first);
    const expectedEnd = left > 0 ? new Date(last + (left * 60_000) / perMinute).toISOString() : null;
    return { perMinute: Math.round(perMinute * 10) / 10, expectedEnd };
  }
}
