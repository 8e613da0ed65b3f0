import type { Check } from '../../../schemas/check.js';
import type { Problem } from '../../../schemas/problems.js';
import type { KeyMemory, KeyShare } from '../key-limits.js';
import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind, Field } from '../column-kind.js';
import type { compareProfiles } from '../drift/index.js';
import type { judgeMetricHistory } from '../history/index.js';
import type { DatasetProfile } from '../profile/profile.js';
import type { Json } from '../json.js';
import type { CheckState, Example } from '../states.js';

/** Some consecutive rows of one file, with the columns that the plan reads. */
export interface Batch {
  readonly rows: number;
  /** The column’s values; read once a batch, however many kernels ask. */
  column(name: string): ColumnChunk;
  /** Describes row `row` of the batch with its values in `columns`. */
  example(row: number, columns: readonly string[]): Example;
  /** Told each row of the batch that fails, where somebody wants to know them. */
  failed?(row: number): void;
}

/** What a file tells of a run of its rows without them; each part is undefined where it does not tell. */
export interface GroupFacts {
  readonly rows: number;
  nullCount(column: string): number | undefined;
  /** Values among which all that are not null are found; some may be used by no row. */
  valuesWithin(column: string): ColumnChunk | undefined;
}

/** One check at work. */
export interface Kernel {
  /** Takes in a batch; batches come in the order of the file. */
  update(batch: Batch): void;
  /** Takes in a run of rows by what the file tells of it; false where that does not suffice, and nothing was taken in. */
  updateFromFacts?(facts: GroupFacts): boolean;
  /** What was seen so far. */
  state(): CheckState;
}

/** Outcome of a check before severity. */
export interface Finding {
  passed: boolean;
  /** Whether the stricter threshold was met too. */
  calm?: boolean;
  observed: Json;
  failing: number;
  total: number;
  examples: Example[];
  /** What there is to know beside the numbers, as the error of a sketch. */
  message?: string;
}

/** A check that has nothing to be judged by yet; its status is `skip`. */
export interface Skipped {
  skipped: string;
}

/** A check that cannot be judged; its status is `error`. */
export interface Failed {
  failed: string;
}

/** What another dataset was found to be, where a check compares with it. */
export interface ReferenceFindings {
  state?: CheckState;
  /** Types of the columns that the state is about. */
  kinds?: readonly ColumnKind[];
  profile?: DatasetProfile;
  failed?: string;
  /** Why there is nothing yet to compare with. */
  absent?: string;
}

/** An earlier version of the dataset. */
export interface EarlierVersion {
  /** Instant that the version is about, ISO 8601 with an offset. */
  time: string;
  profile: DatasetProfile;
  /** Whether the partition is complete; by default it is. Others are neither judged nor learned from. */
  closed?: boolean;
}

/** Judges that only some checks need; they are loaded where a suite has such a check. */
export interface Judges {
  compareProfiles?: typeof compareProfiles;
  judgeMetricHistory?: typeof judgeMetricHistory;
}

/** What a check is judged by, besides what it saw. */
export interface JudgeContext {
  /** Rows of the dataset. */
  rows: number;
  /** Types of the columns that were read. */
  kinds: readonly ColumnKind[];
  /** All columns of the dataset; of its first file, where they differ. */
  fields: readonly Field[];
  /** The instant at which age is measured. */
  reference: Date;
  /** Earlier versions of the dataset, the oldest first. */
  history: readonly EarlierVersion[];
  /** The version that is checked: the instant that it is about, and whether its partition is complete. */
  version: { time: Date; closed: boolean };
  /** What the check’s reference was found to be. */
  findings: ReferenceFindings | undefined;
  /** Columns of whose values nothing is told. */
  piiColumns: readonly string[];
  judges: Judges;
}

/** What a kernel is started with, besides the check. */
export interface StartContext {
  fields: readonly Field[];
  findings: ReferenceFindings | undefined;
  /** For keys of rows. */
  memory: KeyMemory;
  /** The keys that are looked at; others count as rows alone. */
  keyShare: KeyShare;
}

/** Everything there is to know about one type of check. */
export interface CheckDefinition<C extends Check> {
  /** Whether plain texts are numbered first, so that each distinct text is judged once. */
  readonly indexTexts?: boolean;
  /** Columns that the check names, for reports. */
  columns(check: C): readonly string[];
  /** Columns that are read, where these are others; `fields` are all of the file. */
  reads?(check: C, fields: readonly Field[]): readonly string[];
  /** What is wrong with the check itself, whatever the data; paths are relative to it. */
  problems?(check: C): Problem[];
  /** What kernels of equal text have in common: checks with the same one (and the same `where`) share a kernel. */
  share?(check: C): string;
  /**
   * A kernel for columns of these types, in the order of what is read.
   * @throws Misfit where the check makes no sense for a type
   */
  start(check: C, kinds: readonly ColumnKind[], context: StartContext): Kernel;
  /** What is to be found out about the check’s reference before the scan: the kernel of another check, or a profile. */
  comparison?(check: C): { reference: string; check?: Check; profile?: readonly string[] | 'all' } | undefined;
  /** The rule in words. */
  threshold(check: C): string;
  /** Whether what is observed is itself a value of the column, which is not told of personal data. */
  observesValue?(check: C): boolean;
  /** The outcome. */
  judge(state: Exclude<CheckState, { kind: 'error' }>, check: C, context: JudgeContext): Finding | Skipped | Failed;
}

/** The check of one type. */
export type CheckOf<T extends Check['type']> = Extract<Check, { type: T }>;
