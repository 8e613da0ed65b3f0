import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer, and gives it: anything but `undefined`, `null` and `false`. Fails after
 * `seconds` (120 by default, less than a test may take) with the question as it stands in the code: a wait without an end
 * would outlive its test, and the process of the tests with it.
 */
export async function until<T>(
  question: () => T | Promise<T>,
  { seconds = 120, everyMs = 50 }: { seconds?: number; everyMs?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const giveUp = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as Exclude<T, undefined | null | false>;
    }
    if (Date.now() > giveUp) throw new Error(`no answer within ${seconds} s: ${question.toString()}`);
    await delay(everyMs);
  }
}
