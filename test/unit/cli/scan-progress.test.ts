import { stripVTControlCharacters } from 'node:util';
import { createScanProgress } from '../../../cli/scan-progress.js';

describe('the progress of a scan', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const screen = (isTTY: boolean) => {
    const drawn: string[] = [];
    const stream = { isTTY, columns: 80, write: (text: string) => drawn.push(text) } as unknown as NodeJS.WriteStream;
    const lines = () =>
      drawn.map((text) => stripVTControlCharacters(text).replaceAll('\r', '')).filter((text) => text !== '');
    return { stream, lines };
  };

  it('tells which file is made readable, then the rows at the pace of the scan alone', () => {
    const { stream, lines } = screen(true);
    const progress = createScanProgress('checking', stream);
    progress.onPreparing({ file: 'a.csv', percent: null });
    expect(lines()).toEqual([]);
    for (let i = 0; i < 2; i++) {
      jest.advanceTimersByTime(1500);
      progress.onPreparing({ file: 'a.csv', percent: null });
    }
    progress.onPreparing({ file: 'a.csv', percent: 40 });
    jest.advanceTimersByTime(200);
    progress.onPreparing({ file: 'a.csv', percent: 45 });
    jest.advanceTimersByTime(500);
    progress.onProgress(1000);
    progress.end();
    const [first, ...others] = lines();
    expect(first).toBe('reading a.csv');
    expect(others).toEqual(expect.arrayContaining(['reading a.csv: 45 %', 'checking: 1000 rows, 2000 rows/s']));
    expect(others.at(-1)).toBe('checking: 1000 rows, 2000 rows/s');
  });

  it('is silent where there is no terminal', () => {
    const { stream, lines } = screen(false);
    const progress = createScanProgress('checking', stream);
    jest.advanceTimersByTime(5000);
    progress.onPreparing({ file: 'a.csv', percent: 1 });
    progress.onProgress(1000);
    progress.end();
    expect(lines()).toEqual([]);
  });
});
