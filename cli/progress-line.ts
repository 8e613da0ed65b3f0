import { columnsOf } from './terminal.js';

/** Tells on standard error how far a command is. */
export interface ProgressLine {
  /** Something that is done or has changed; it stays on the screen. */
  say(message: string): void;
  /** What is going on now; on a terminal it is shown with the time that it takes, elsewhere it is a line. */
  working(message: string): void;
  /** Takes the line away. */
  end(): void;
}

/** One line that is rewritten on a terminal, plain lines elsewhere (in logs nothing may be rewritten). */
export function createProgressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) {
    const line = (message: string) => void stream.write(`${message}\n`);
    return { say: line, working: line, end: () => undefined };
  }
  let current: { message: string; since: number } | undefined;
  const clear = () => stream.write('\r\x1b[2K');
  const draw = () => {
    if (current === undefined) return;
    const seconds = Math.floor((Date.now() - current.since) / 1000);
    const text = `${current.message}${seconds >= 2 ? ` (${seconds} s)` : ''}`;
    clear();
    stream.write(text.slice(0, Math.max(10, columnsOf(stream) - 1)));
  };
  const timer = setInterval(draw, 1000);
  timer.unref();
  return {
    say: (message) => {
      clear();
      stream.write(`${message}\n`);
      draw();
    },
    working: (message) => {
      if (current?.message !== message) current = { message, since: Date.now() };
      draw();
    },
    end: () => {
      clearInterval(timer);
      current = undefined;
      clear();
    },
  };
}
