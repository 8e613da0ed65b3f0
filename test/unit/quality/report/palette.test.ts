import { PALETTES, type ColorName } from '../../../../engine/quality/report/palette';

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [r, g, b] = [1, 3, 5]
      .map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const TEXTS: ColorName[] = ['text', 'muted', 'link', 'pass', 'warn', 'fail', 'error', 'skip'];

describe.each(Object.entries(PALETTES))('the %s palette', (_, colors) => {
  it.each(['page', 'surface'] as const)('has texts of a contrast of at least 4.5 on its %s', (ground) => {
    for (const name of TEXTS) expect([name, contrast(colors[name], colors[ground]) >= 4.5]).toEqual([name, true]);
  });

  it.each(['page', 'surface'] as const)('has bars and lines of a contrast of at least 3 on its %s', (ground) => {
    expect(contrast(colors.bar, colors[ground])).toBeGreaterThanOrEqual(3);
    expect(contrast(colors.reference, colors[ground])).toBeGreaterThanOrEqual(3);
  });
});
