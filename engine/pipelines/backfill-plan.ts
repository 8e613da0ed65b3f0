import type { DeclaredPartitions, LatestRun, PlanAction, PlanReason, BackfillInput } from '../../schemas/index.js';
import { partitionWindow, withOwnKey } from '../datasets/index.js';

/**
 * What a backfill is going to do about one partition. An array, because there may be a hundred thousand; the last is the
 * digest of the specification that its run is going to have, where it is that of its last run.
 */
export type PlanEntry = [partition: string, action: PlanAction, reason: PlanReason, specification?: string];

/** A plan as it is hashed and stored. It holds nothing that changes from one look to the next while the world stands still. */
export interface BackfillPlan {
  format: 'millrace.backfill-plan/1';
  pipeline: string;
  /** A dynamic set by its name; its keys are the entries. */
  partitions: DeclaredPartitions;
  /** Names of the two dimensions in their order, which stored JSON does not keep; left out where there are none. */
  dimensions?: string[];
  reprocess: BackfillInput['reprocess'];
  checks: BackfillInput['checks'];
  /** Digest of the frozen specification that the runs are going to have; null: each has that of the partition’s last run. */
  specification: string | null;
  /** Oldest first. */
  entries: PlanEntry[];
}

/** What is known of the world when a plan is made. */
export interface PlanBasis {
  keys: readonly string[];
  latest: ReadonlyMap<string, LatestRun>;
  /** Partitions whose inputs have newer versions than those that their last run read. */
  outdated: ReadonlySet<string>;
  /** Milliseconds. */
  now: number;
}

/** Decides about each partition of a range. Pure: the same basis gives the same plan. */
export function planBackfill(
  about: Omit<BackfillPlan, 'format' | 'entries' | 'dimensions'>,
  { keys, latest, outdated, now }: PlanBasis,
): BackfillPlan {
  const incomplete = incompleteKeys(about.partitions, keys, now);
  const entries = keys.map((key): PlanEntry => {
    if (incomplete.has(key)) return [key, 'skip', 'not_complete'];
    const reason = reasonOf(latest.get(key), about.specification, outdated.has(key));
    const action = actionOf(reason, about.reprocess);
    const asRun = about.specification === null && action === 'run' ? latest.get(key)?.specificationDigest : undefined;
    return asRun === undefined ? [key, action, reason] : [key, action, reason, asRun];
  });
  const { partitions } = about;
  const dimensions = partitions.kind === 'product' ? { dimensions: Object.keys(partitions.dimensions) } : {};
  return { format: 'millrace.backfill-plan/1', ...about, ...dimensions, entries };
}

/** Lines that say how one plan differs from another; empty if they are the same. */
export function planDifference(before: BackfillPlan, after: BackfillPlan): string[] {
  const lines: string[] = [];
  if (before.specification !== after.specification) lines.push('the steps or parameters of the runs are others');
  if (before.reprocess !== after.reprocess) lines.push(`reprocess: ${before.reprocess} → ${after.reprocess}`);
  if (JSON.stringify(before.checks) !== JSON.stringify(after.checks)) lines.push('checks are on or off otherwise');
  const then = new Map(before.entries.map((entry) => [entry[0], entry]));
  for (const [key, action, reason, specification] of after.entries) {
    const old = then.get(key);
    then.delete(key);
    if (old === undefined) lines.push(`${key}: not in the plan → ${action} (${reason})`);
    else if (old[1] !== action || old[2] !== reason) {
      lines.push(`${key}: ${old[1]} (${old[2]}) → ${action} (${reason})`);
    } else if (old[3] !== specification) lines.push(`${key}: its last run had another specification`);
  }
  for (const [key, action] of then.values()) lines.push(`${key}: ${action} → not in the range`);
  return lines;
}

/** Time that the runs of a plan take with so many at once, from what earlier runs took; null if nothing is known. */
export function expectedMs(
  { entries }: BackfillPlan,
  latest: ReadonlyMap<string, LatestRun>,
  others: readonly number[],
  atOnce: number,
): number | null {
  const known = [...latest.values()].flatMap(({ durationMs, verdict }) =>
    durationMs === null || verdict !== 'succeeded' ? [] : [durationMs],
  );
  const typical = median(known.length > 0 ? known : others);
  if (typical === null) return null;
  const running = entries.filter(([, action]) => action === 'run');
  const sum = running.reduce((total, [key]) => {
    const last = latest.get(key);
    return total + (last?.verdict === 'succeeded' ? (last.durationMs ?? typical) : typical);
  }, 0);
  return Math.round(sum / Math.max(1, Math.min(atOnce, running.length)));
}

/** The middle value; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function reasonOf(last: LatestRun | undefined, specification: string | null, outdated: boolean): PlanReason {
  if (last === undefined) return 'never_ran';
  switch (last.verdict) {
    case null:
      return 'under_way';
    case 'failed':
      return 'failed_before';
    case 'refused':
    case 'rolled_back':
      return 'refused_before';
    case 'succeeded':
      if (specification !== null && last.specificationDigest !== specification) return 'specification_changed';
      return outdated ? 'inputs_changed' : 'up_to_date';
    default:
      return last.verdict satisfies never;
  }
}

function actionOf(reason: PlanReason, reprocess: BackfillInput['reprocess']): PlanAction {
  switch (reason) {
    case 'never_ran':
    case 'under_way':
      return 'run';
    case 'failed_before':
    case 'refused_before':
      return reprocess === 'missing' ? 'skip' : 'run';
    case 'specification_changed':
    case 'inputs_changed':
      return reprocess === 'stale' || reprocess === 'all' ? 'run' : 'skip';
    case 'up_to_date':
      return reprocess === 'all' ? 'run' : 'reuse';
    case 'not_complete':
      return 'skip';
    default:
      return reason satisfies never;
  }
}

/** Keys whose window has not ended. */
function incompleteKeys(partitions: DeclaredPartitions, keys: readonly string[], now: number): Set<string> {
  const found = new Set<string>();
  for (const key of [...keys].reverse()) {
    const { end } = partitionWindow(withOwnKey(partitions, key), key);
    if (end !== undefined && Date.parse(end) > now) found.add(key);
    // Keys of one dimension are in the order of time: what comes before a complete one is complete.
    else if (partitions.kind !== 'product') break;
  }
  return found;
}
