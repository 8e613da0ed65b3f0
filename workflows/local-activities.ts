import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  patched,
  proxyLocalActivities,
  type ActivityInterfaceFor,
  type LocalActivityOptions,
} from '@temporalio/workflow';
import { OneAtATime } from './one-at-a-time.js';

/** Of this execution: each has modules of its own. The patches say how its history began. */
const calls = new OneAtATime(() => {
  if (patched('local-activities-in-turn')) return 'for-its-turn';
  return patched('one-local-activity-at-a-time') ? 'for-a-free-moment' : 'not';
});

/** How often the lineage owner did not answer, and what was said last. */
let unanswered = 0;
let lastUnanswered: unknown;

/**
 * As `proxyLocalActivities` of Temporal, but one of them at a time, over all of an execution. Of several that come to their end one
 * after the other, Temporal gives all ends at once where the history is replayed: what follows each of them is asked for in another
 * order then, and the result of one step is taken for that of another, or the execution stands still with a nondeterminism error.
 */
export function proxyLocal<A extends object>(options: LocalActivityOptions): ActivityInterfaceFor<A> {
  return oneAtATime<A>(options, (call) => call);
}

/**
 * As `proxyLocal`, for calls to the lineage owner whose callers have another way. Calls that waited while it did not answer
 * another one fail with that one: each would wait for its own time limit otherwise, one after the other.
 */
export function proxyOwner<A extends object>(options: LocalActivityOptions): ActivityInterfaceFor<A> {
  return oneAtATime<A>(options, (call) => {
    const before = unanswered;
    return async () => {
      if (unanswered > before && patched('calls-that-waited-share-no-answer')) throw lastUnanswered;
      try {
        return await call();
      } catch (error) {
        if (!isCancellation(error) && !isRefusal(error)) {
          unanswered += 1;
          lastUnanswered = error;
        }
        throw error;
      }
    };
  });
}

/** What was refused is refused on every way. */
export function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}

type Activity = (...input: unknown[]) => Promise<unknown>;
type Call = () => Promise<unknown>;

function oneAtATime<A extends object>(
  options: LocalActivityOptions,
  prepared: (call: Call) => Call,
): ActivityInterfaceFor<A> {
  const activities = proxyLocalActivities<A>(options) as unknown as Record<string, Activity>;
  const called = (name: string): Activity => {
    return (...input) => {
      const scope = CancellationScope.current();
      return calls.run(
        prepared(() => activities[name]!(...input)),
        scope.cancellable ? scope.cancelRequested : undefined,
      );
    };
  };
  return new Proxy({}, { get: (_, name) => called(String(name)) }) as ActivityInterfaceFor<A>;
}
