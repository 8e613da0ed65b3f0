import { DateTime, IANAZone } from 'luxon';
import { around, meanAndDeviation, tooFew, type Trained } from './model.js';
import type { TimedPoint } from './series.js';

/** Which points are alike. */
export type Seasonality = 'hour_of_day' | 'day_of_week' | 'hour_of_week' | 'day_of_month' | 'month_of_year';

const SEASONS: Record<Seasonality, (time: DateTime) => string> = {
  hour_of_day: (time) => `hour ${time.hour}`,
  day_of_week: (time) => time.setLocale('en').weekdayLong ?? '',
  hour_of_week: (time) => `${time.setLocale('en').weekdayLong}, hour ${time.hour}`,
  day_of_month: (time) => `day ${time.day} of the month`,
  month_of_year: (time) => time.setLocale('en').monthLong ?? '',
};

/** Mean ± sensitivity × standard deviation of the points of the same season, as Elementary's seasonality buckets. */
export function trainSeasonal(
  training: readonly TimedPoint[],
  options: { sensitivity: number; minTrainingSize: number; seasonality: Seasonality; timezone: string },
): Trained {
  const zone = IANAZone.create(options.timezone);
  const seasonOf = ({ at }: TimedPoint) => SEASONS[options.seasonality](DateTime.fromMillis(at, { zone }));
  const seasons = new Map<string, number[]>();
  for (const point of training) {
    const season = seasonOf(point);
    seasons.set(season, [...(seasons.get(season) ?? []), point.value]);
  }
  return {
    trainingSize: training.length,
    expect(point) {
      const season = seasonOf(point);
      const values = seasons.get(season) ?? [];
      const missing = tooFew(values.length, options.minTrainingSize, `closed points of the season ${season}`);
      if (missing !== undefined) return missing;
      const { mean, deviation } = meanAndDeviation(values);
      return around(mean, options.sensitivity * deviation);
    },
    learn: () => undefined,
  };
}
