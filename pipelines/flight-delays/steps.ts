import type { SuiteInput } from 'millrace';

/** What both pipelines know of the flights: the source, its columns, and what makes a day fit to be used. */
export const flightColumns = [
  { name: 'date', type: 'TIMESTAMP' },
  { name: 'delay', type: 'BIGINT' },
  { name: 'distance', type: 'BIGINT' },
  { name: 'origin', type: 'VARCHAR' },
  { name: 'destination', type: 'VARCHAR' },
];

/** A day has 14,600 to 17,300 flights in this half year; the oddest real delays are -1116 and 1688 minutes. */
export const flightSuite: SuiteInput = {
  keyColumns: ['date', 'origin', 'destination'],
  checks: [
    { type: 'row_count', min: 10_000, max: 25_000 },
    { type: 'not_null', column: 'date' },
    { type: 'not_null', column: 'delay' },
    { type: 'not_null', column: 'distance' },
    { type: 'not_null', column: 'origin' },
    { type: 'not_null', column: 'destination' },
    { type: 'between', column: 'delay', min: -1500, max: 2000 },
    { type: 'between', column: 'distance', min: 1, max: 5000 },
    { type: 'regex', column: 'origin', pattern: '^[A-Z]{3}$' },
    { type: 'regex', column: 'destination', pattern: '^[A-Z]{3}$' },
    { type: 'freshness', column: 'date', maxAgeSeconds: 6 * 3600 },
  ],
};

/** Features as the trainer sees them; `late` is the label. Serving needs no copy of this: the model takes these columns. */
export const featureSql = `
  SELECT
    hour(date)            AS hour,
    isodow(date)          AS weekday,
    distance,
    origin,
    destination,
    delay > 15            AS late
  FROM flights
`;

export const flightSource = {
  type: 'string',
  default: 'node_modules/vega-datasets/data/flights-3m.parquet',
  description: 'Parquet file with the flights.',
} as const;
