import { onParentGone } from '../workers/embedded/ends-with-parent.js';
import { signalGroup } from '../workers/embedded/process-identity.js';
import { EXIT } from './exit-codes.js';

/** How long a supervised process may take to end after its supervisor is gone, before it kills itself and its children. */
const ORPHAN_GRACE_MS = 20_000;

/**
 * Aborted by the first Ctrl-C, SIGTERM or SIGHUP, and when the supervisor of this process is gone; then the command ends
 * in order. The second Ctrl-C ends it at once.
 * @param atOnce what has to be done before that, synchronously
 */
export function interruption(atOnce: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        atOnce();
        process.exit(EXIT.interrupted);
      }
      controller.abort();
    });
  }
  onParentGone(() => {
    controller.abort();
    // A supervised process leads a group of its own, so nothing else is hit.
    setTimeout(() => signalGroup(process.pid, 'SIGKILL'), ORPHAN_GRACE_MS).unref();
  });
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
