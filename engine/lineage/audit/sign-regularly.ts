import type { Logger } from 'pino';
import type { LineageStore } from '../lineage-store.js';
import type { Checkpoint } from './checkpoint.js';
import type { Checkpoints } from './checkpoints.js';

/** Between two checkpoints, in milliseconds. */
const INTERVAL_MS = 60_000;

/** Signs how far the chain goes, each minute in which something was recorded, and at the end. */
export function signRegularly(
  store: LineageStore,
  checkpoints: Checkpoints,
  logger: Pick<Logger, 'error'> | undefined,
): { now(): Promise<Checkpoint | null>; end(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve();
  const add = () => {
    const adding = last.then(() => checkpoints.add(store.head()));
    last = adding.catch(() => undefined);
    return adding;
  };
  const sign = () =>
    add().catch((error: unknown) => logger?.error({ err: error }, 'the audit chain could not be signed or copied'));
  const timer = setInterval(() => void sign(), INTERVAL_MS);
  timer.unref();
  return {
    now: add,
    async end() {
      clearInterval(timer);
      if (store.head().sequence > 0) await sign();
    },
  };
}
