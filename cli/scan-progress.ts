import type { Preparing } from '../engine/quality/sources/prepare-files.js';
import { createProgressLine, type ProgressLine } from './progress-line.js';

/** Shorter work needs no word. */
const QUIET_MS = 1000;

const REDRAW_MS = 200;

/** Tells how far a scan is. */
export interface ScanProgress {
  /** Takes which file is made readable before the scan. */
  onPreparing: (preparing: Preparing) => void;
  /** Takes the number of rows so far. */
  onProgress: (rows: number) => void;
  /** Takes the line away. */
  end: () => void;
}

/** A line with rows and rows a second on a terminal, once a scan has taken a second. Nothing elsewhere: logs need no progress. */
export function createScanProgress(what: string, stream: NodeJS.WriteStream = process.stderr): ScanProgress {
  let started = performance.now();
  let drawnAt = started + QUIET_MS - REDRAW_MS;
  let line: ProgressLine | undefined;
  const draw = (text: (now: number) => string) => {
    const now = performance.now();
    if (!stream.isTTY || now - drawnAt < REDRAW_MS) return;
    drawnAt = now;
    line ??= createProgressLine(stream);
    line.working(text(now));
  };
  return {
    onPreparing({ file, percent }) {
      draw(() => `reading ${file}${percent === null ? '' : `: ${percent} %`}`);
      // The pace is that of the scan.
      started = performance.now();
    },
    onProgress: (count) =>
      draw((now) => `${what}: ${millions(count)} rows, ${millions(count / ((now - started) / 1000))} rows/s`),
    end: () => line?.end(),
  };
}

function millions(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} million`;
  return String(Math.round(count));
}
