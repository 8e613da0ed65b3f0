import { compareProfiles } from '../../../../engine/quality/drift';
import { renderCheckPage, renderDriftPage, renderProfilePage } from '../../../../engine/quality/report';
import {
  EVERY_STATUS,
  HOSTILE,
  numericColumn,
  profileOf,
  readPage,
  reportOf,
  resultOf,
  textColumn,
} from './report-fixtures';

const hour = 3_600_000;
const REFERENCE = profileOf(
  numericColumn('delay', [1, 2, 2, 3, 3, 3, 900]),
  textColumn('origin', [
    ['SFO', 4],
    ['LAX', 3],
  ]),
  numericColumn('date', [0, hour, 50 * hour], {
    domain: 'instant',
    type: 'Timestamp<MILLISECOND>',
    min: '1970-01-01T00:00:00Z',
  }),
);
const CURRENT = profileOf(
  numericColumn('delay', [5, 6, 6, 7, 7, 7, 8], { nulls: 2, nans: 1 }),
  textColumn('origin', [
    ['SFO', 1],
    [HOSTILE, 6],
  ]),
  numericColumn('date', [0, hour, 50 * hour], { domain: 'instant' }),
  numericColumn('empty', [], { min: null, max: null }),
  numericColumn(HOSTILE, [0.1, 0.2]),
);

const PAGES: Record<string, string> = {
  check: renderCheckPage(EVERY_STATUS, {
    subject: 'flights.parquet',
    checkedAt: new Date('2001-07-01T00:00:00Z'),
    profile: CURRENT,
    references: { 'between(delay)': REFERENCE },
  }),
  profile: renderProfilePage(CURRENT, { subject: 'flights.parquet' }),
  drift: renderDriftPage(compareProfiles(REFERENCE, CURRENT, { alpha: 1 }), {
    subject: { current: 'new.parquet', reference: 'old.parquet' },
    profiles: { current: CURRENT, reference: REFERENCE },
  }),
  hostile: renderCheckPage(
    reportOf([
      resultOf({
        name: HOSTILE,
        column: HOSTILE,
        status: 'fail',
        failing: 1,
        threshold: HOSTILE,
        message: HOSTILE,
        observed: HOSTILE,
        examples: [{ row: 1, keys: { [HOSTILE]: HOSTILE }, value: HOSTILE }],
      }),
    ]),
    { subject: HOSTILE, profile: CURRENT },
  ),
};

describe.each(Object.entries(PAGES))('the %s page', (_, page) => {
  const tags = readPage(page);
  const of = (tag: string) => tags.filter((one) => one.tag === tag);

  it('is one whole document that says its language and fits a phone', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(of('meta').map(({ attributes }) => attributes)).toContainEqual({
      name: 'viewport',
      content: 'width=device-width, initial-scale=1',
    });
    expect(page).toContain('prefers-color-scheme:dark');
  });

  it('asks for nothing from elsewhere and runs no script, and forbids both', () => {
    for (const tag of ['script', 'link', 'img', 'iframe', 'object', 'form']) expect(of(tag)).toEqual([]);
    expect(
      tags.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => /^on|^src$|^href$|^style$/.test(name)),
    ).toEqual([]);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`);
  });

  it('has one main heading, and no level of headings is left out', () => {
    const levels = tags.flatMap(({ tag }) => (/^h[1-6]$/.test(tag) ? [Number(tag[1])] : []));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.forEach((level, i) => expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1));
  });

  it('gives each table a caption and each head cell a scope, and lets the keyboard scroll what is wide', () => {
    expect(of('caption')).toHaveLength(of('table').length);
    expect(of('th').map(({ attributes }) => attributes.scope)).not.toContain(undefined);
    const groups = tags.filter(({ attributes }) => attributes.class === 'scroll');
    expect(groups).toHaveLength(of('table').length);
    for (const { attributes } of groups) expect(attributes).toMatchObject({ role: 'group', tabindex: '0' });
  });

  it('gives each chart a title and a description', () => {
    expect(of('title')).toHaveLength(of('svg').length + 1);
    expect(of('desc')).toHaveLength(of('svg').length);
    for (const { attributes } of of('svg')) expect(attributes.role).toBe('img');
  });

  it('has no fixed width, and no number that is none in a drawing', () => {
    expect(page.replace(/max-width:[\d.]+rem/g, '')).not.toMatch(/[^-]width:\s*\d+(px|rem|em)/);
    const drawn = tags.filter(({ tag }) => ['rect', 'path', 'line', 'svg'].includes(tag));
    for (const { attributes } of drawn) expect(Object.values(attributes).join(' ')).not.toMatch(/NaN|Infinity|e[-+]\d/);
  });

  it('shows what could steer a reader, instead of doing it', () => {
    expect(page).not.toContain('<script');
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Surrogate}|\u202e/u);
  });
});

describe('a page on a check', () => {
  it('says each status in a word, not by colour alone', () => {
    for (const word of ['passed', 'warned', 'failed', 'could not run', 'skipped']) {
      expect(PAGES.check).toContain(`</span> ${word}</span>`);
    }
  });

  it('shows failing rows with their key columns, their files and an exact count', () => {
    expect(PAGES.check).toContain('2 of 1,500,000 failing rows of distance is positive');
    expect(PAGES.check).toMatch(/<th scope="row" class="number">7<\/th><td><span class="data">a.parquet<\/span><\/td>/);
    for (const text of ['>id<', '>origin<', '>k7<', '>SFO<', '>-3<', '1,500,000 of 3,000,000 rows fail']) {
      expect(PAGES.check).toContain(text);
    }
  });

  it('draws the reference of a check of drift over the current data', () => {
    expect(PAGES.check).toContain('Distribution of delay, compared with the reference');
    expect(PAGES.check).toContain('Filled: current. Outline: reference.');
  });

  it('draws each column that the suite is about, and no other', () => {
    const drawn = [...PAGES.check!.matchAll(/Distribution of (\w+)<|Most frequent values of (\w+)</g)].map(
      ([, a, b]) => a ?? b,
    );
    expect(drawn).toEqual(['delay']);
  });
});

describe('a page on drift', () => {
  it('shows what drifted first, with its effect and new and vanished categories by name', () => {
    const heads = [...PAGES.drift!.matchAll(/<h3><span class="data">([^<]*)</g)].map(([, name]) => name);
    expect(heads.slice(0, 2).sort()).toEqual(['delay', 'origin']);
    expect(PAGES.drift).toContain('Vanished: <span class="data">LAX</span>');
    expect(PAGES.drift).toContain('New: <span class="data">&lt;script&gt;');
  });
});
