import type { SuiteInput } from '../../../schemas/check.js';
import type { ColumnProfile, DatasetProfile } from '../profile/profile.js';

export type CheckInput = SuiteInput['checks'][number];

/** A check that a profile speaks for. */
export interface Rule {
  check: CheckInput;
  /** What in the data speaks for it, in words. */
  reason: string;
  /** Whether a version with this profile would pass. */
  passes(version: DatasetProfile): boolean;
  /** The same rule as wide as earlier versions need it; null where it cannot be wider and still say something. */
  loosened?(earlier: readonly DatasetProfile[]): Rule | null;
}

/** A test of one column of a later version; without the column, it fails. */
export function onColumn(name: string, passes: (column: ColumnProfile) => boolean): Rule['passes'] {
  return (version) => {
    const column = columnOf(version, name);
    return column !== undefined && passes(column);
  };
}

export function columnOf({ columns }: DatasetProfile, name: string): ColumnProfile | undefined {
  return columns.find((candidate) => candidate.name === name);
}

/** A column in earlier versions that have it with a value. */
export function columnsOf(versions: readonly DatasetProfile[], name: string): ColumnProfile[] {
  return versions.flatMap((version) => {
    const column = columnOf(version, name);
    return column !== undefined && presentIn(column) > 0 ? [column] : [];
  });
}

/** Rows that have a value. */
export function presentIn({ rows, nulls }: ColumnProfile): number {
  return rows - nulls;
}

/** A share as thousandths, never greater than it is. */
export function floorShare(share: number): number {
  return Math.floor(share * 1000) / 1000;
}
