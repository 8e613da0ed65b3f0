/** A step of the database's schema. Once released it is never changed; a correction is a further migration. */
export interface Migration {
  /** 1, 2, 3 and so on without gaps. */
  version: number;
  name: string;
  /** Statements, separated by semicolons; run in one transaction together with the note that they were. */
  sql: string;
  /** Whether the projections are made again from the events afterwards, in the same transaction. */
  rebuild?: boolean;
  /** Whether the events that are there already are chained afterwards, in the same transaction. */
  seal?: boolean;
}
