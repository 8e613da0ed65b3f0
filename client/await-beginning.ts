/** Longest wait: without a worker nobody can say, and what was started stays started. */
const LONGEST_MS = 5_000;
const POLL_MS = 100;

/** Phases before it is known that the input is good. */
const BEFORE: readonly string[] = ['starting', 'resolving', 'planning'];

/** What was started. */
export interface Begun {
  result: () => Promise<unknown>;
  progress: () => Promise<{ phase: string }>;
}

/**
 * Waits until an execution has taken its input, so that a mistake in it is said by the command that made it.
 * @throws what it ended with, if that was before it began to work
 * @internal
 */
export async function awaitBeginning(handle: Begun): Promise<void> {
  const ended = handle.result().then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const phase = async () => (await handle.progress().catch(() => null))?.phase ?? null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), LONGEST_MS)));
  try {
    for (;;) {
      const now = await Promise.race([ended, phase(), late]);
      if (now === 'late' || now === null) return;
      if (typeof now !== 'string') {
        const last = await Promise.race([phase(), late]);
        if (last !== null && BEFORE.includes(last)) throw now.error;
        return;
      }
      if (!BEFORE.includes(now)) return;
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
    }
  } finally {
    clearTimeout(timer);
  }
}
