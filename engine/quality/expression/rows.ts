import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';

/** The rows that an expression looks at. */
export interface Rows {
  readonly rows: number;
  column(name: string): ColumnChunk;
}

/** Types of columns by name. */
export type Kinds = ReadonlyMap<string, ColumnKind>;

/** @throws Misfit */
export function kindOfColumn(name: string, kinds: ReadonlyMap<string, ColumnKind>): ColumnKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Misfit(`there is no column "${name}"`);
  return kind;
}
