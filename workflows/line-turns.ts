import type { LineMember, LineRules } from '../schemas/index.js';

/** What is to happen in a line. */
export interface Turns {
  /** Whose turn it is. */
  next: LineMember | undefined;
  /** Who is passed over, and by which newer time. */
  superseded: { member: LineMember; by: string }[];
}

/**
 * Whose turn it is, and who has none any more. Turns are in the order of nominal times, whenever the firings came: one that
 * Temporal makes up for comes before those that fell due after it.
 */
export function turnsOf(
  waiting: readonly LineMember[],
  active: number,
  { order, maxActive }: Pick<LineRules, 'order' | 'maxActive'>,
): Turns {
  const times = [...waiting].sort((a, b) => Date.parse(a.nominalTime) - Date.parse(b.nominalTime));
  const free = active < maxActive;
  if (order === 'all') return { next: free ? times[0] : undefined, superseded: [] };
  const newest = times.pop();
  return {
    next: free ? newest : undefined,
    superseded: times.map((member) => ({ member, by: newest?.nominalTime ?? member.nominalTime })),
  };
}
