import { checkFiles } from '../../../engine/quality/index';
import { gatherEvidence } from '../../../engine/quality/report/index';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const people = (from: number) =>
  `SELECT 'person-' || (i % 4 + ${from}) AS name, 777000 + i AS salary FROM range(200) AS t(i)`;

test('what is told of columns with personal data, in messages, measures and drawings, is none of their values', async () => {
  const [file, reference] = [await folder.write(people(0)), await folder.write(people(2))];
  const suite = {
    ...suiteOf([
      { type: 'dataset_drift', reference, alpha: 1 },
      { type: 'train_serve_skew', reference, alpha: 1 },
      { type: 'drift', column: 'name', reference, alpha: 1, max: 0 },
      { type: 'aggregate', metric: 'max', column: 'salary', max: 1 },
      { type: 'aggregate', metric: 'quantile', quantile: 0.1, column: 'salary', max: 1 },
      { type: 'aggregate', metric: 'mean', column: 'salary', min: 0 },
      { type: 'reconciliation', metric: 'min', column: 'salary', reference },
    ]),
    piiColumns: ['name', 'salary'],
  };
  const report = await checkFiles({ files: [file], suite });
  const told = report.checks.map(({ status, observed, message }) => ({ status, observed, message }));
  const hidden = 'not shown: a value of a column with personal data';
  const finding = expect.stringMatching(/^name drifted: Cramér’s V [\d.]+, limit 0.1, adjusted p [\d.e-]+$/) as string;
  expect(told).toEqual([
    { status: 'fail', observed: 0.5, message: finding },
    { status: 'fail', observed: 1, message: finding },
    { status: 'fail', observed: expect.any(Number) as number, message: undefined },
    { status: 'fail', observed: null, message: hidden },
    { status: 'fail', observed: null, message: hidden },
    { status: 'pass', observed: 777099.5, message: undefined },
    { status: 'pass', observed: null, message: hidden },
  ]);
  const evidence = await gatherEvidence({ files: [file] }, suite, report);
  const drawn = [evidence.profile, ...Object.values(evidence.references)].flatMap((profile) => profile?.columns ?? []);
  expect(drawn).toEqual([]);
});
