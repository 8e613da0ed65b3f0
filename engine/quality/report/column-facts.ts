import { distinctOf } from '../profile/metric-of.js';
import type { ColumnProfile } from '../profile/profile.js';
import type { Content } from './markup.js';
import { data, facts } from './page.js';
import { countText, numberText, percentText, shortened, valueText, visible } from './words.js';

/** The statistics of a column in words, by name. What a column of its type does not have is left out. */
export function columnStatistics(column: ColumnProfile): [name: string, value: string][] {
  const { rows, nulls, nans, moments, distinct, min, max } = column;
  const share = (count: number) =>
    rows === 0 ? countText(count) : `${countText(count)} (${percentText(count / rows)})`;
  return [
    ['type', column.type],
    ['nulls', nulls === 0 ? '0' : share(nulls)],
    ...(nans > 0 ? ([['NaN', share(nans)]] as [string, string][]) : []),
    ...((moments?.infinite ?? 0) > 0 ? ([['infinite', share(moments!.infinite)]] as [string, string][]) : []),
    [
      'distinct',
      distinct.exact === null ? `≈ ${countText(Math.round(distinctOf(column)))}` : countText(distinct.exact),
    ],
    ...(min === null ? [] : ([['least', edge(min)]] as [string, string][])),
    ...(max === null ? [] : ([['greatest', edge(max)]] as [string, string][])),
    ...(moments === null || moments.count === 0
      ? []
      : ([
          ['mean', numberText(moments.mean)],
          ['deviation', numberText(deviation(moments))],
        ] as [string, string][])),
  ];
}

/** The same for a page. */
export function columnFacts(column: ColumnProfile): Content {
  return facts(columnStatistics(column).map(([name, value]) => [name, data(value)]));
}

/** Standard deviation of the sample; of one value 0. */
export function deviation({ count, m2 }: { count: number; m2: number }): number {
  return count < 2 ? 0 : Math.sqrt(m2 / (count - 1));
}

function edge(value: ColumnProfile['min']): string {
  return typeof value === 'number' ? numberText(value) : shortened(visible(valueText(value)), 40);
}
