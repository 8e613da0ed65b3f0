import { createProgressLine, type ProgressLine } from './progress-line.js';

/** Shorter work needs no word. */
const QUIET_MS = 1000;

const REDRAW_MS = 200;

/** Tells how far a scan is. */
export interface ScanProgress {
  /** Takes the number of rows so far. */
  rows(count: number): void;
  /** Takes the line away. */
  end(): void;
}

/** A line with rows and rows a second on a terminal, once a scan has taken a second. Nothing elsewhere: logs need no progress. */
export function createScanProgress(what: string, stream: NodeJS.WriteStream = process.stderr): ScanProgress {
  const started = performance.now();
  let drawnAt = started + QUIET_MS - REDRAW_MS;
  let line: ProgressLine | undefined;
  return {
    rows(count) {
      const now = performance.now();
      if (!stream.isTTY || now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      line ??= createProgressLine(stream);
      const pace = count / ((now - started) / 1000);
      line.working(`${what}: ${millions(count)} rows, ${millions(pace)} rows/s`);
    },
    end: () => line?.end(),
  };
}

function millions(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} million`;
  return String(Math.round(count));
}
