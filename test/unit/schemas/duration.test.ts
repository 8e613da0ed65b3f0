import { formatDuration } from '../../../schemas/duration.js';

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1000, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [245_000, '4 min 05 s'],
  ])('writes %d milliseconds as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
