/** Set for a child process whose standard input is a pipe from its supervisor, and which has to end when that closes. */
export const ENDS_WITH_PARENT = 'MILLRACE_ENDS_WITH_PARENT';

/**
 * Calls back once when the process that started this one is gone, however it went: the operating system closes its end of
 * the pipe even after SIGKILL. Does nothing in a process that no supervisor started.
 */
export function onParentGone(callback: () => void): void {
  if (process.env[ENDS_WITH_PARENT] !== '1') return;
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    callback();
  };
  process.stdin.on('end', once).on('close', once).on('error', once);
  process.stdin.resume();
  // A process that has nothing else to do may end; the pipe alone does not keep it.
  const { unref } = process.stdin as { unref?: () => void };
  unref?.call(process.stdin);
}
