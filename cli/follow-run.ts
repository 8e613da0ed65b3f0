import { setTimeout as delay } from 'node:timers/promises';
import { isMillraceError, type RunHandle, type RunResult } from '../client/index.js';
import { formatDuration } from '../schemas/duration.js';
import { interruption } from './interruption.js';
import { createProgressLine } from './progress-line.js';
import { changedSteps, phaseLine } from './run-words.js';

const POLL_MS = 500;

/** Longest wait for how a run that failed left its steps. */
const LAST_LOOK_MS = 3_000;

/** Shows the steps as they change; undefined if the user has seen enough. */
export async function followRun(handle: RunHandle): Promise<RunResult | undefined> {
  const signal = interruption();
  const line = createProgressLine();
  const began = Date.now();
  const outcome = handle.result().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const say = (text: string) => line.say(`${formatDuration(Date.now() - began).padStart(8)}  ${text}`);
  const poll = async () => delay(POLL_MS, 'again' as const, { signal }).catch(() => 'enough' as const);
  try {
    for (let seen = new Map<string, string>(), phase = '', trouble = ''; ;) {
      const now = await Promise.race([outcome, poll()]);
      if (now === 'enough') return undefined;
      // Without a worker the run waits, and cannot be asked; its result says more than the question could.
      const progress = await Promise.race([outcome, handle.progress().catch((error: unknown) => error)]);
      if (isProgress(progress)) {
        for (const text of changedSteps(progress, seen)) say(text);
        seen = new Map(progress.steps.map((step) => [step.step, step.status]));
        const { problem, going } = await workOf(handle, outcome);
        if (problem !== undefined && problem !== trouble) say(`~ ${(trouble = problem)}`);
        const working =
          process.stderr.isTTY && going !== undefined ? `${phaseLine(progress)}; ${going}` : phaseLine(progress);
        if (phase !== working) line.working((phase = working));
      } else if (isMillraceError(progress) && phase !== progress.message) {
        line.working((phase = progress.message));
      }
      if (now === 'again') continue;
      if (!('error' in now)) return now.value;
      // The error need not name the step; a worker knows the last states also of what has ended.
      const last = await Promise.race([handle.progress().catch(() => null), delay(LAST_LOOK_MS, null, { ref: false })]);
      if (isProgress(last)) for (const text of changedSteps(last, seen)) say(text);
      throw now.error;
    }
  } finally {
    line.end();
  }
}

/** What an attempt failed with that is made again, and how far the work is; the result is waited for no longer than it takes. */
async function workOf(handle: RunHandle, outcome: Promise<unknown>): Promise<{ problem?: string; going?: string }> {
  const work = await Promise.race([handle.work().catch(() => []), outcome.then(() => [])]);
  const failing = work.find(({ problem }) => problem !== null);
  const going = work.flatMap(({ progress }) => progress ?? []).join(', ');
  return {
    ...(failing && { problem: `${failing.activity}: attempt ${failing.attempt - 1} failed with ${failing.problem}` }),
    ...(going !== '' && { going }),
  };
}

function isProgress(value: unknown): value is Awaited<ReturnType<RunHandle['progress']>> {
  return typeof value === 'object' && value !== null && 'steps' in value;
}
