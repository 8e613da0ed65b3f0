import { isMillraceError, MillraceError } from '../../schemas/index.js';
import { objectUri, type ObjectStore } from '../datasets/index.js';
import { planDifference, type BackfillPlan, type PlanEntry } from './backfill-plan.js';

const KEEP_AGAIN_MS = 3_600_000;

/** Lines of a difference that are shown. */
const SHOWN_DIFFERENCES = 20;

/** A plan as it was kept. */
export interface KeptPlan {
  plan: BackfillPlan;
  /** Those that run, in the order of the plan. */
  running: PlanEntry[];
}

/** Reads plans from the store; keeps the last few, since a backfill comes back for a page again and again. */
export function planReader(store: ObjectStore): (uri: string) => Promise<KeptPlan> {
  const kept = new Map<string, Promise<KeptPlan>>();
  return async (uri) => {
    const reading = kept.get(uri) ?? read(uri);
    kept.delete(uri);
    kept.set(uri, reading);
    for (const old of [...kept.keys()].slice(0, -4)) kept.delete(old);
    reading.catch(() => kept.delete(uri));
    return reading;
  };

  async function read(uri: string): Promise<KeptPlan> {
    const plan = inOrder(JSON.parse((await store.read(uri)).toString()) as BackfillPlan);
    return { plan, running: plan.entries.filter(([, action]) => action === 'run') };
  }
}

/** Stored JSON has its fields sorted; the parts of a key are in the order of the dimensions. */
function inOrder(plan: BackfillPlan): BackfillPlan {
  const { partitions, dimensions: names } = plan;
  if (partitions.kind !== 'product' || names === undefined) return plan;
  const dimensions = names.flatMap((name) => {
    const dimension = partitions.dimensions[name];
    return dimension === undefined ? [] : [[name, dimension] as const];
  });
  return { ...plan, partitions: { ...partitions, dimensions: Object.fromEntries(dimensions) } };
}

/** Puts a plan that is in use again now and then: no record refers to it, and what is put again is not swept. */
export function planKeeper(store: ObjectStore): (uri: string, plan: BackfillPlan) => Promise<void> {
  const keptAt = new Map<string, number>();
  return async (uri, plan) => {
    if (Date.now() - (keptAt.get(uri) ?? 0) < KEEP_AGAIN_MS) return;
    await store.putJson(plan);
    keptAt.set(uri, Date.now());
  };
}

/** The error that says how a plan differs from the one that was to be carried out: PLAN_CHANGED. */
export async function planChanged(
  store: ObjectStore,
  expected: string,
  actual: string,
  plan: BackfillPlan,
  readPlan: (uri: string) => Promise<KeptPlan>,
): Promise<MillraceError> {
  const head = `the plan ${expected.slice(0, 12)} was to be carried out, but now it would be ${actual.slice(0, 12)}`;
  try {
    const { plan: before } = await readPlan(objectUri(store.name, expected));
    const lines = planDifference(before, plan);
    const more = lines.length > SHOWN_DIFFERENCES ? [`and ${lines.length - SHOWN_DIFFERENCES} more`] : [];
    const shown = [...lines.slice(0, SHOWN_DIFFERENCES), ...more];
    return new MillraceError('PLAN_CHANGED', `${head}: ${shown.join('; ')}`, {
      problems: shown.map((message) => ({ path: 'planHash', message })),
    });
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'OBJECT_NOT_FOUND') throw error;
    return new MillraceError('PLAN_CHANGED', `${head}; no plan of the first hash is in the object store`);
  }
}
