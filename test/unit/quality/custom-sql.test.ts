import { runQueries } from '../../../engine/quality/custom-sql.js';
import { FLIGHTS } from '../datasets/workbench.js';

describe('a check in SQL', () => {
  it.each([
    `SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_config = {'path': '/nowhere/log'})`,
    `CALL enable_logging(storage = 'file', storage_path = '/nowhere/log')`,
    `SELECT * FROM query('FROM enable_logging(storage = ''file'', storage_path = ''/nowhere/log'')')`,
  ])('has no effect and does not end the process: %s', async (query) => {
    const [refused, next] = await runQueries([FLIGHTS], [query, 'SELECT count(*) FROM dataset'], false);
    expect(refused).toMatchObject({ kind: 'error', message: expect.stringContaining('no part of a query') });
    expect(next).toMatchObject({ kind: 'sql', value: 3_000_000 });
  });
});
