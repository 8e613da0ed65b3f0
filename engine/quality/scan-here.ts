import { setImmediate } from 'node:timers/promises';
import { isMillraceError } from '../../schemas/errors.js';
import { NeedsThread } from './sources/open-source.js';
import { scanFiles, type ScanRequest, type ScanResult } from './scan-files.js';
import { scanError } from './scan-pool.js';

/** Between two of these, in milliseconds, nothing else has its turn on the thread. */
const TURN_MS = 50;

/**
 * Scans on the calling thread, which signals and timers get now and then.
 * @param signal ends the scan; the promise is rejected with the signal’s reason
 * @throws MillraceError as `checkFiles`
 * @throws NeedsThread where a file needs a decoder that may end the thread
 */
export async function scanHere(
  request: ScanRequest,
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<ScanResult> {
  let file = request.files[0]!;
  let turn = performance.now();
  try {
    const result = await scanFiles(request, {
      onFile: (path) => (file = path),
      onRows,
      onlyOwnDecoders: true,
      async pause() {
        if (performance.now() - turn < TURN_MS) return;
        await setImmediate();
        signal.throwIfAborted();
        turn = performance.now();
      },
    });
    onRows(result.rows);
    return result;
  } catch (error) {
    if (isMillraceError(error) || error instanceof NeedsThread || signal.aborted) throw error;
    throw scanError(error as Error, file);
  }
}
