import {
  patched,
  proxyLocalActivities,
  type ActivityInterfaceFor,
  type LocalActivityOptions,
} from '@temporalio/workflow';

/** Of this execution: each has modules of its own. */
let underWay = 0;
const waiting: (() => void)[] = [];

/**
 * As `proxyLocalActivities` of Temporal, but one of them at a time, over all of an execution. Of several that come to their end one
 * after the other, Temporal gives all ends at once where the history is replayed: what follows each of them is asked for in another
 * order then, and the result of one step is taken for that of another, or the execution stands still with a nondeterminism error.
 */
export function proxyLocal<A extends object>(options: LocalActivityOptions): ActivityInterfaceFor<A> {
  const activities = proxyLocalActivities<A>(options) as unknown as Record<string, Activity>;
  const called = (name: string): Activity => {
    return (...input) => alone(() => activities[name]!(...input));
  };
  return new Proxy({}, { get: (_, name) => called(String(name)) }) as ActivityInterfaceFor<A>;
}

type Activity = (...input: unknown[]) => Promise<unknown>;

async function alone<T>(work: () => Promise<T>): Promise<T> {
  if (underWay > 0 && patched('one-local-activity-at-a-time')) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
    if (underWay === 0) waiting.shift()?.();
  }
}
