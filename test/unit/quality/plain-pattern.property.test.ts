import fc from 'fast-check';
import { RE2JS } from 're2js';
import { plainPattern } from '../../../engine/quality/kernels/plain-pattern.js';

const encoder = new TextEncoder();

/** What the fast matcher says, read from the middle of other bytes; null where the pattern is RE2’s. */
function matched(pattern: string, bytes: Uint8Array): boolean | null {
  const around = Uint8Array.of(0x61, ...bytes, 0x61);
  return plainPattern(pattern)?.(around, 1, 1 + bytes.length) ?? null;
}

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'Z',
    '-',
    '@',
    ' ',
    '\\.',
    '\\d',
    '\\w',
    '\\s',
    '.',
    '[a-c]',
    '[^a]',
    '[^@\\n]',
    '[A-Z0-9]',
    '[\\w.-]',
    '[-x]',
    '[b.]',
    '[^\\d]',
  ],
);
const count = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0}', '{2,}', '{0,1}');
const item = fc.tuple(atom, count).map(([set, times]) => set + times);
const pattern = fc
  .tuple(fc.array(item, { maxLength: 5 }), fc.boolean())
  .map(([items, toEnd]) => `^${items.join('')}${toEnd ? '$' : ''}`);
const text = fc.string({ unit: fc.constantFrom(...'aabbcZ09-@. x_\n', 'é', '日', '😀'), maxLength: 12 });
const anyBytes = fc.uint8Array({ maxLength: 6 });

test('a plain pattern says what RE2 says, also of bytes that are no UTF-8', () => {
  let plain = 0;
  fc.assert(
    fc.property(
      pattern,
      fc.array(
        fc.oneof(
          text.map((value) => encoder.encode(value)),
          anyBytes,
        ),
        { minLength: 8 },
      ),
      (source, texts) => {
        const compiled = RE2JS.compile(source);
        for (const bytes of texts) {
          const outcome = matched(source, bytes);
          if (outcome === null) return;
          plain++;
          expect([source, bytes, outcome]).toEqual([source, bytes, compiled.test(Buffer.from(bytes).toString('utf8'))]);
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(plain).toBeGreaterThan(1000);
});

test.each(['^[A-Z]{3}$', '^user-\\d{9}$', '^[\\w.-]+@[a-z]+$', '^\\d{4}-\\d{2}-\\d{2}', '^[^@]+@[^@]+$', '^$', '^'])(
  '%s is plain',
  (source) => {
    expect(plainPattern(source)).not.toBeNull();
  },
);

test.each([
  'a',
  '^a|b$',
  '^(ab)+$',
  '^a*a$',
  '^a?b?a$',
  '^(?i)a$',
  '^é$',
  '^[é]$',
  '^.{3}$',
  '^a+?$',
  '^\\bA$',
  '^\\pL$',
  '^a{2}{3}$',
  '^[[:alpha:]]$',
  '^[]a]$',
  '^a$b$',
])('%s is left to RE2', (source) => {
  expect(plainPattern(source)).toBeNull();
});
