import fc from 'fast-check';
import { LineSplitter } from '../../../engine/processes/line-splitter';

function split(chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

it('gives the same lines however the bytes are cut, also within a character', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '✈', '🛬', '\n') });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, size) => {
      const bytes = Buffer.from(whole);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(split(chunks)).toEqual(split([bytes]));
      expect(split([bytes]).join('\n')).toBe(whole.replace(/\n$/, ''));
    }),
  );
});

it('keeps the first 65,536 characters of an overlong line', () => {
  const lines = split([...Array.from({ length: 10 }, () => Buffer.alloc(50_000, 'x')), Buffer.from('\nshort\r\n')]);
  expect(lines.map((line) => line.length)).toEqual([65_536, 5]);
  expect(lines[1]).toBe('short');
});
