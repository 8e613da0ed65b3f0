/**
 * Colours of the pages, for light and dark screens. Texts have a contrast of at least 4.5 to what they stand on, bars and lines of
 * charts at least 3, as WCAG 2.2 asks for (1.4.3 and 1.4.11); a test computes it.
 */
export const PALETTES = {
  light: {
    page: '#ffffff',
    surface: '#f4f6f8',
    text: '#1b232d',
    muted: '#525d6a',
    line: '#d3d9df',
    link: '#0b5cad',
    pass: '#116330',
    warn: '#7a4a00',
    fail: '#a51320',
    error: '#68309c',
    skip: '#525d6a',
    bar: '#3577a8',
    reference: '#a8420a',
  },
  dark: {
    page: '#11151b',
    surface: '#1a2028',
    text: '#e7eaee',
    muted: '#a5afbb',
    line: '#39434f',
    link: '#8cc1f5',
    pass: '#74d495',
    warn: '#f2bd62',
    fail: '#ff9a9a',
    error: '#cdb0f6',
    skip: '#a5afbb',
    bar: '#5b9bcc',
    reference: '#ffab6b',
  },
} as const;

/** What a colour is for. */
export type ColorName = keyof (typeof PALETTES)['light'];

/** The colours of one palette as custom properties of CSS. */
export function cssColors(palette: Readonly<Record<ColorName, string>>): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}:${color}`)
    .join(';');
}
