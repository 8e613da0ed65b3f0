import { retryAfterMs } from '../../engine/retry-after.js';

it.each([
  [null, 0],
  ['3', 3_000],
  ['86400', 86_400_000],
  ['-1', 0],
  ['soon', 0],
  ['Infinity', 0],
  ['Thu, 01 Mar 2001 00:00:20 GMT', 20_000],
  ['Wed, 28 Feb 2001 00:00:20 GMT', 0],
])('a header Retry-After of %s asks for %d ms', (value, ms) => {
  expect(retryAfterMs(value, Date.parse('2001-03-01T00:00:00Z'))).toBe(ms);
});
