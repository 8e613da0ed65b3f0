import type { ColumnProfile } from '../profile/profile.js';
import { categoryBars, type CategoryBar } from './category-bars.js';
import { histogramOf, type Histogram } from './histogram.js';
import { html, type Content, type Markup } from './markup.js';
import { table } from './page.js';
import { numberText, percentText, shortened, visible } from './words.js';

/** The values of a column, and those of a reference to lay over them. */
export interface ChartInput {
  current: ColumnProfile;
  reference?: ColumnProfile | undefined;
  /** Unique within the page. */
  id: string;
}

const WIDTH = 360;
const HEIGHT = 130;
const PLOT = { left: 4, right: WIDTH - 4, top: 16, bottom: HEIGHT - 18 };

/**
 * A column’s distribution as an inline SVG with a title and a description, and its numbers as a table that opens. Bars are the
 * current data; a dashed outline is the reference. Nothing for a column without values to draw.
 */
export function columnChart({ current, reference, id }: ChartInput): Content {
  const both = reference === undefined ? [current] : [current, reference];
  const distributions = both.flatMap(({ distribution }) => distribution ?? []);
  if (distributions.length === both.length) {
    const histogram = histogramOf(distributions, isTime(current) ? 'ms' : undefined);
    return histogram && histogramChart(histogram, current, id);
  }
  const categories = both.flatMap((column) => column.categories ?? []);
  if (categories.length !== both.length) return undefined;
  const bars = categoryBars(categories);
  return bars.length > 0 && barChart(bars, current, id);
}

function histogramChart(histogram: Histogram, { name, domain }: ColumnProfile, id: string): Markup {
  const { edges, shares } = histogram;
  const [current = [], reference] = shares;
  const most = Math.max(...shares.flat(), Number.MIN_VALUE);
  const x = (index: number) => PLOT.left + ((PLOT.right - PLOT.left) * index) / current.length;
  const y = (share: number) => PLOT.bottom - ((PLOT.bottom - PLOT.top) * share) / most;
  const text = edgeText(domain);
  const label = (index: number) => text(edges[index]!);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-t ${id}-d">
      <title id="${id}-t">Distribution of ${name}${comparedWith(reference)}</title>
      <desc id="${id}-d">${describe(histogram, label)}</desc>
      ${current.map(
        (share, i) =>
          share > 0 &&
          html`<rect
            class="bar"
            x="${fixed(x(i) + 0.5)}"
            y="${fixed(Math.min(y(share), PLOT.bottom - 1))}"
            width="${fixed(x(i + 1) - x(i) - 1)}"
            height="${fixed(Math.max(1, PLOT.bottom - y(share)))}"
          />`,
      )}
      ${reference && html`<path class="outline" d="${outline(reference, x, y)}" />`}
      <line class="axis" x1="${PLOT.left}" y1="${PLOT.bottom}" x2="${PLOT.right}" y2="${PLOT.bottom}" />
      <text x="${PLOT.left}" y="11">${percentText(most)}</text>
      <text x="${PLOT.left}" y="${HEIGHT - 5}">${label(0)}</text>
      <text x="${PLOT.right}" y="${HEIGHT - 5}" text-anchor="end">${label(edges.length - 1)}</text>
    </svg>
    ${tails(histogram, label)} ${reference && LEGEND} ${histogramNumbers(histogram, name, label, id)}`;
}

/** The upper rim of a histogram’s bars. */
function outline(shares: readonly number[], x: (index: number) => number, y: (share: number) => number): string {
  const steps = shares.map((share, i) => `V${fixed(y(share))}H${fixed(x(i + 1))}`);
  return `M${fixed(x(0))},${fixed(y(0))}${steps.join('')}V${fixed(y(0))}`;
}

function describe({ shares: [current = []], below, above }: Histogram, label: (index: number) => string): string {
  const most = current.indexOf(Math.max(...current));
  const bins = `${current.length} bins from ${label(0)} to ${label(current.length)}`;
  const rest = (below[0] ?? 0) + (above[0] ?? 0);
  const outside = rest > 0 ? `; ${percentText(rest)} lie outside` : '';
  return `${bins}; most values, ${percentText(current[most]!)}, lie from ${label(most)} to ${label(most + 1)}${outside}.`;
}

/** What the chart leaves out at its ends. */
function tails({ below, above, edges }: Histogram, label: (index: number) => string): Content {
  const parts = [
    (below[0] ?? 0) > 0 && `${percentText(below[0]!)} below ${label(0)}`,
    (above[0] ?? 0) > 0 && `${percentText(above[0]!)} from ${label(edges.length - 1)}`,
  ].filter((part) => part !== false);
  return parts.length > 0 && html`<p class="muted">Not drawn: ${parts.join(', ')}.</p>`;
}

function histogramNumbers(
  { edges, shares: [current = [], reference], below, above }: Histogram,
  name: string,
  label: (index: number) => string,
  id: string,
): Markup {
  const row = (head: string, now: number, before: number | undefined) => [
    head,
    percentText(now),
    ...(before === undefined ? [] : [percentText(before)]),
  ];
  const last = edges.length - 1;
  const rows = [
    ...(below.some((share) => share > 0) ? [row(`below ${label(0)}`, below[0]!, below[1])] : []),
    ...current.map((share, i) => row(`${label(i)} to ${label(i + 1)}`, share, reference?.[i])),
    ...(above.some((share) => share > 0) ? [row(`from ${label(last)}`, above[0]!, above[1])] : []),
  ];
  return numbers(id, name, 'values', reference !== undefined, rows);
}

const ROW = 22;
const LABEL_WIDTH = 112;
const VALUE_WIDTH = 52;

function barChart(bars: readonly CategoryBar[], { name }: ColumnProfile, id: string): Markup {
  const compared = bars[0]!.shares.length > 1;
  const most = Math.max(...bars.flatMap(({ category, shares }) => (category === null ? [] : shares)), Number.MIN_VALUE);
  const width = (share: number) =>
    fixed(Math.max(share > 0 ? 1 : 0, ((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * share) / most));
  const height = bars.length * ROW;
  const rows = bars.map((bar) => [categoryText(bar), ...bar.shares.map((share) => percentText(share))]);
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
      <title id="${id}-t">Most frequent values of ${name}${comparedWith(compared || undefined)}</title>
      <desc id="${id}-d">
        ${rows
          .slice(0, 3)
          .map(([category, share]) => `${category} ${share}`)
          .join(', ')}${bars.length > 3 && ', and others'}.
      </desc>
      ${bars.map(({ category, shares: [now = 0, before] }, i) => {
        const top = i * ROW;
        return html`<text class="label" x="0" y="${top + 15}">${shortened(visible(rows[i]![0]!), 16)}</text>
          ${category !== null && categoryBar(width(now), before === undefined ? undefined : width(before), top)}
          <text x="${WIDTH}" y="${top + 15}" text-anchor="end">${percentText(now)}</text>`;
      })}
    </svg>
    ${compared && LEGEND} ${numbers(id, name, 'value', compared, rows)}`;
}

/** The bar of one category, and under it that of the reference. The rest of all others would dwarf them, and is a number only. */
function categoryBar(now: number, before: number | undefined, top: number): Markup {
  if (before === undefined) {
    return html`<rect class="bar" x="${LABEL_WIDTH}" y="${top + 4}" width="${now}" height="${ROW - 8}" />`;
  }
  return html`<rect class="bar" x="${LABEL_WIDTH}" y="${top + 3}" width="${now}" height="9" />
    ${before > 0 && html`<rect class="hollow" x="${LABEL_WIDTH}" y="${top + 13}" width="${before}" height="5" />`}`;
}

function categoryText({ category }: CategoryBar): string {
  if (category === null) return 'all others';
  return category === '' ? '""' : String(category);
}

const LEGEND = html`<p class="muted">Filled: current. Outline: reference.</p>`;

function numbers(
  id: string,
  name: string,
  head: string,
  compared: boolean,
  rows: readonly (readonly string[])[],
): Markup {
  const shares = compared ? ['current', 'reference'] : ['share'];
  const columns = [{ head }, ...shares.map((share) => ({ head: share, number: true }))];
  return html`<details>
    <summary>Numbers of the chart of ${name}</summary>
    ${table(`${id}-n`, `Shares of the values of ${name}`, columns, rows)}
  </details>`;
}

const comparedWith = (reference: unknown) => (reference === undefined ? '' : ', compared with the reference');

const isTime = ({ domain }: Pick<ColumnProfile, 'domain'>) => domain === 'instant' || domain === 'date';

function edgeText(domain: ColumnProfile['domain']): (edge: number) => string {
  if (!isTime({ domain })) return numberText;
  return (edge) => {
    const time = new Date(edge);
    if (Number.isNaN(time.getTime())) return numberText(edge);
    return domain === 'date' ? time.toISOString().slice(0, 10) : time.toISOString().slice(0, 16).replace('T', ' ');
  };
}

/** Coordinates with two decimals: finer than any screen, and half the bytes. */
const fixed = (coordinate: number) => Number(coordinate.toFixed(2));
