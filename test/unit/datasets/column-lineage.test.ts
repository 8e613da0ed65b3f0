import { DuckDBInstance, type DuckDBConnection, type DuckDBInstance as Instance } from '@duckdb/node-api';
import { columnLineageOf } from '../../../engine/datasets/column-lineage/index.js';
import { StatementError, type DuckDbSession } from '../../../engine/datasets/duckdb-session.js';
import type { ColumnLineage, DatasetVersionRef } from '../../../schemas/index.js';

let instance: Instance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  await connection.run(`
    CREATE VIEW flights AS SELECT 1 AS id, 2 AS delay, 3 AS distance, 'ORD' AS origin, [1, 2] AS legs, {'a': 1} AS info;
    CREATE VIEW airports AS SELECT 'ORD' AS origin, 'Chicago' AS city, 1.5 AS lat;`);
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const ref = (dataset: string) => [{ dataset }] as unknown as DatasetVersionRef[];

async function lineageOf(sql: string): Promise<ColumnLineage> {
  const rows: DuckDbSession['rows'] = async (text, values) => {
    try {
      return (await connection.runAndReadAll(text, values)).getRowObjectsJS();
    } catch (error) {
      throw new StatementError(error);
    }
  };
  // The columns of the result as DuckDB has them: the query must be one that it takes.
  const prepared = await connection.prepare(sql);
  const result = Array.from({ length: prepared.columnCount }, (_, index) => prepared.columnName(index));
  prepared.destroySync();
  const inputs = { flights: ref('flights'), airports: ref('geo-airports') };
  return columnLineageOf({ rows } as DuckDbSession, sql, inputs, result);
}

/** `delay<-=flights.delay`: how is `=` for identity, `~` for transformation, `+` for aggregation. */
const inWords = ({ columns, rows, untold }: ColumnLineage) => ({
  columns: Object.entries(columns).map(([name, sources]) => {
    const signs = { identity: '=', transformation: '~', aggregation: '+' };
    return `${name}<-${sources.map(({ dataset, column, how }) => `${signs[how]}${dataset}.${column}`).join(',')}`;
  }),
  rows: rows.map(({ dataset, column, how }) => `${how} ${dataset}.${column}`),
  untold: untold.map(({ column, reason }) => `${column}: ${reason}`),
});

describe('column lineage', () => {
  it.each<[string, string, string[], string[]]>([
    ['a column', 'SELECT delay FROM flights', ['delay<-=flights.delay'], []],
    ['a name for it', 'SELECT f.delay AS late FROM flights AS f', ['late<-=flights.delay'], []],
    ['an expression', 'SELECT delay + distance AS x FROM flights', ['x<-~flights.delay,~flights.distance'], []],
    [
      'a cast, a field and a constant',
      "SELECT delay::TEXT AS t, info.a AS a, 'x' AS k FROM flights",
      ['t<-~flights.delay', 'a<-~flights.info', 'k<-'],
      [],
    ],
    [
      'a star',
      'SELECT * FROM airports',
      ['origin<-=geo-airports.origin', 'city<-=geo-airports.city', 'lat<-=geo-airports.lat'],
      [],
    ],
    ['FROM first', 'FROM airports SELECT city', ['city<-=geo-airports.city'], []],
    [
      'a star with EXCLUDE, REPLACE and RENAME',
      'SELECT * EXCLUDE (city) REPLACE (lat * 2 AS lat) RENAME (origin AS code) FROM airports',
      ['code<-=geo-airports.origin', 'lat<-~geo-airports.lat'],
      [],
    ],
    [
      'a join',
      'SELECT f.delay, a.city FROM flights f JOIN airports a ON f.origin = a.origin WHERE f.distance > 100',
      ['delay<-=flights.delay', 'city<-=geo-airports.city'],
      ['join flights.origin', 'join geo-airports.origin', 'filter flights.distance'],
    ],
    [
      'USING, whose column is of both',
      'SELECT * EXCLUDE (legs, info, delay, distance, lat) FROM flights LEFT JOIN airports USING (origin)',
      ['id<-=flights.id', 'origin<-=flights.origin,=geo-airports.origin', 'city<-=geo-airports.city'],
      ['join flights.origin', 'join geo-airports.origin'],
    ],
    [
      'NATURAL and SEMI joins',
      'SELECT delay FROM flights SEMI JOIN airports USING (origin)',
      ['delay<-=flights.delay'],
      ['filter flights.origin', 'filter geo-airports.origin'],
    ],
    [
      'CTEs that build on each other',
      'WITH a AS (SELECT delay AS d, origin FROM flights), b(e, o) AS (SELECT d * 2, origin FROM a) SELECT e, o FROM b',
      ['e<-~flights.delay', 'o<-=flights.origin'],
      [],
    ],
    [
      'a CTE that hides an input',
      'WITH flights AS (SELECT city FROM airports) SELECT city FROM flights',
      ['city<-=geo-airports.city'],
      [],
    ],
    [
      'GROUP BY',
      'SELECT origin, avg(delay) AS mean, count(*) AS n FROM flights GROUP BY origin HAVING max(distance) > 1',
      ['origin<-=flights.origin', 'mean<-+flights.delay', 'n<-'],
      ['filter flights.distance', 'group_by flights.origin'],
    ],
    [
      'GROUP BY ALL and by position',
      'SELECT origin, sum(delay) AS s FROM (SELECT origin, delay FROM flights GROUP BY 1, 2) GROUP BY ALL',
      ['origin<-=flights.origin', 's<-+flights.delay'],
      ['group_by flights.origin', 'group_by flights.delay'],
    ],
    [
      'a window',
      'SELECT lag(delay) OVER (PARTITION BY origin ORDER BY id) AS before FROM flights',
      ['before<-+flights.delay'],
      ['window flights.origin', 'window flights.id'],
    ],
    [
      'the frame of a window, and the order of what it takes',
      'SELECT sum(delay) OVER (ROWS BETWEEN distance PRECEDING AND id FOLLOWING) AS x, first_value(delay ORDER BY origin) OVER () AS y FROM flights',
      ['x<-+flights.delay', 'y<-+flights.delay'],
      ['window flights.distance', 'window flights.id', 'window flights.origin'],
    ],
    [
      'CASE',
      'SELECT CASE WHEN delay > 15 THEN distance ELSE 0 END AS x FROM flights',
      ['x<-~flights.distance'],
      ['conditional flights.delay'],
    ],
    [
      'UNION by position and by name',
      'SELECT delay AS x, id AS y FROM flights UNION ALL SELECT distance, 0 FROM flights',
      ['x<-=flights.delay,=flights.distance', 'y<-=flights.id'],
      [],
    ],
    [
      'UNION BY NAME',
      'SELECT delay, id FROM flights UNION ALL BY NAME SELECT lat AS id, city FROM airports',
      ['delay<-=flights.delay', 'id<-=flights.id,=geo-airports.lat', 'city<-=geo-airports.city'],
      [],
    ],
    [
      'EXCEPT',
      'SELECT origin FROM flights EXCEPT SELECT origin FROM airports',
      ['origin<-=flights.origin'],
      ['filter geo-airports.origin'],
    ],
    [
      'subqueries',
      `SELECT (SELECT max(lat) FROM airports a WHERE a.origin = f.origin) AS lat, delay IN (SELECT lat FROM airports) AS q,
         EXISTS (SELECT 1 FROM airports) AS e FROM flights f`,
      ['lat<-+geo-airports.lat', 'q<-~geo-airports.lat,~flights.delay', 'e<-'],
      ['filter geo-airports.origin', 'filter flights.origin'],
    ],
    [
      'a lambda',
      'SELECT list_transform(legs, lambda v: v + delay) AS l FROM flights',
      ['l<-~flights.legs,~flights.delay'],
      [],
    ],
    [
      'LATERAL, VALUES and table functions',
      'SELECT n, u.leg, w.k FROM flights f, LATERAL (SELECT f.delay + 1 AS n) l, unnest(f.legs) u(leg), (VALUES (1)) w(k)',
      ['n<-~flights.delay', 'leg<-~flights.legs', 'k<-'],
      [],
    ],
    [
      'an alias used again',
      'SELECT delay + 1 AS a, a * 2 AS b FROM flights',
      ['a<-~flights.delay', 'b<-~flights.delay'],
      [],
    ],
    [
      'ORDER BY and LIMIT',
      'SELECT delay FROM flights ORDER BY id DESC, 1 LIMIT 3',
      ['delay<-=flights.delay'],
      ['sort flights.id', 'sort flights.delay'],
    ],
  ])('is told of %s', async (_, sql, columns, rows) => {
    const found = inWords(await lineageOf(sql));
    expect({ ...found, rows: found.rows.sort() }).toEqual({ columns, rows: rows.sort(), untold: [] });
  });

  it.each([
    ['COLUMNS', "SELECT COLUMNS('d.*') FROM flights", 'null: COLUMNS(…) stands for columns that only DuckDB knows'],
    ['PIVOT', "FROM (PIVOT flights ON origin IN ('ORD') USING sum(delay))", /^null: /],
    ['a star over a table function', 'SELECT * FROM range(3)', 'null: only DuckDB knows the columns of range'],
    [
      'recursion',
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r',
      'null: r is no input',
    ],
  ])('says of %s that it cannot be told', async (_, sql, reason) => {
    const { columns, untold } = inWords(await lineageOf(sql));
    expect(columns).toEqual([]);
    expect(untold).toEqual([
      expect.stringMatching(typeof reason === 'string' ? reason.replace(/[()]/g, '\\$&') : reason),
    ]);
  });

  it('says of one column that it cannot be told, and tells the others', async () => {
    expect(inWords(await lineageOf("SELECT delay, coalesce(*COLUMNS(['id', 'distance'])) AS g FROM flights"))).toEqual({
      columns: ['delay<-=flights.delay', 'g<-'],
      rows: [],
      untold: ['g: COLUMNS(…) stands for columns that only DuckDB knows'],
    });
  });
});
