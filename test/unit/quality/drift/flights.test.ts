import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { compareProfiles } from '../../../../engine/quality/drift/index.js';
import type { DatasetProfile } from '../../../../engine/quality/profile/index.js';
import { numbers, profileOf, texts } from './profiles.js';

const FLIGHTS = join(__dirname, '../../../../node_modules/vega-datasets/data/flights-3m.parquet');

/** Profiles of the flights that a condition selects, with exact counts. */
async function profileFlights(...conditions: string[]): Promise<DatasetProfile[]> {
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  try {
    const profiles: DatasetProfile[] = [];
    for (const condition of conditions) {
      const counts = async (column: string) => {
        const reader = await connection.runAndReadAll(
          `SELECT ${column}, count(*)::INTEGER FROM '${FLIGHTS}' WHERE ${condition} GROUP BY 1 ORDER BY 1`,
        );
        return reader.getRows();
      };
      const numeric = async (column: string) => {
        const rows = (await counts(column)) as [number, number][];
        return numbers(column, {
          values: rows.map(([value]) => Number(value)),
          weights: rows.map(([, n]) => n),
          rankError: 0,
        });
      };
      const text = async (column: string) =>
        texts(column, Object.fromEntries((await counts(column)) as [string, number][]));
      profiles.push(
        profileOf(await numeric('delay'), await numeric('distance'), await text('origin'), await text('destination')),
      );
    }
    return profiles;
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

// The numbers are scipy 1.17.1's: stats.wasserstein_distance(r, c) / np.std(r), stats.ks_2samp(r, c).pvalue, and
// distance.jensenshannon(p, q) of the two value_counts() over the union of the airports.
describe('drift of the flights', () => {
  it('from January to June is small, with the airports of the ski season gone', async () => {
    const [january, june] = await profileFlights(
      `date >= '2001-01-01' AND date < '2001-02-01'`,
      `date >= '2001-06-01' AND date < '2001-07-01'`,
    );
    const report = compareProfiles(january!, june!);
    const [delay, distance, origin, destination] = report.columns;
    expect(delay).toMatchObject({
      method: 'wasserstein',
      drifted: false,
      referenceRows: 508_239,
      currentRows: 502_222,
    });
    expect(delay!.effect).toBeCloseTo(0.08749543446528073, 10);
    expect(Math.log10(delay!.p!)).toBeCloseTo(Math.log10(1.2214722910457534e-141), 0);
    expect(distance!.effect).toBeCloseTo(0.025307988675248933, 10);
    expect(origin!.effect).toBeCloseTo(0.03723621144394088, 10);
    expect(destination!.effect).toBeCloseTo(0.037293191918080656, 10);
    expect([...origin!.newCategories].sort()).toEqual(['AKN', 'DLG', 'GST', 'LWB', 'MQT']);
    expect([...origin!.vanishedCategories].sort()).toEqual(['APF', 'DRO', 'EGE', 'GUC', 'HDN', 'MTJ', 'SUX']);
    expect(report).toMatchObject({ verdict: 'pass', driftedColumns: 0 });
  });

  it('from the morning to the evening is that of the whole dataset', async () => {
    const january = `date >= '2001-01-01' AND date < '2001-02-01'`;
    const [morning, evening] = await profileFlights(
      `${january} AND hour(date) BETWEEN 5 AND 8`,
      `${january} AND hour(date) BETWEEN 18 AND 21`,
    );
    const report = compareProfiles(morning!, evening!);
    const effects = [0.5618819606538032, 0.11437023142769308, 0.15268203816302242, 0.183872631978872];
    report.columns.forEach(({ effect, drifted }, index) => {
      expect(effect).toBeCloseTo(effects[index]!, 10);
      expect(drifted).toBe(true);
    });
    expect(report).toMatchObject({ verdict: 'fail', driftShare: 1 });
  });
});
