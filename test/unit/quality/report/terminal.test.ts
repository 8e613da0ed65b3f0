import { compareProfiles } from '../../../../engine/quality/drift';
import { renderCheckTable, renderDriftTable, renderProfileTable } from '../../../../engine/quality/report';
import { textTable } from '../../../../engine/quality/report/text-table';
import { visible } from '../../../../engine/quality/report/words';
import { EVERY_STATUS, HOSTILE, numericColumn, profileOf, reportOf, resultOf, textColumn } from './report-fixtures';

const PLAIN = { width: 120, color: false };

describe('a report on a terminal', () => {
  it('is a line a check, failing rows with their keys, and the verdict last', () => {
    expect(renderCheckTable(EVERY_STATUS, PLAIN).split('\n')).toEqual([
      'status           check                 rule           observed                                  failing',
      '✓ passed         between(delay)        -1500 to 2000  100 % pass                                      0',
      '! warned         mild                  -1500 to 2000  99.9900 % pass                   300 of 3,000,000',
      '✗ failed         distance is positive  -1500 to 2000  50.00 % pass               1,500,000 of 3,000,000',
      '? could not run  lost                  -1500 to 2000  there is no column "gone"',
      '– skipped        young                 -1500 to 2000  there is no history yet',
      '',
      'distance is positive',
      '  row 7 of a.parquet id=k7 origin=SFO: -3',
      `  row 8 of b.parquet id=k8 origin="": <script>alert("x")</script>'&]]>\\u001b[31m\\u0000\\u202e\\ud800`,
      'lost',
      '  there is no column "gone"',
      'young',
      '  there is no history yet',
      '',
      'error: 5 checks: 1 passed, 1 warned, 1 failed, 1 could not run, 1 skipped; 3,000,000 rows in 150 ms, 20,000,000 rows/s',
    ]);
  });

  it('keeps to its width, and cuts off no number', () => {
    const long = resultOf({ name: 'n'.repeat(300), threshold: 't'.repeat(300), status: 'fail', failing: 1_234_567 });
    const [, line] = renderCheckTable(reportOf([long]), { width: 80, color: false }).split('\n');
    expect([...line!].length).toBeLessThanOrEqual(80);
    expect(line).toContain('1,234,567 of 3,000,000');
    expect(line).toContain('nn…');
  });

  it('puts the cells of a check one under the other where names would be cut off, and cuts nothing off', () => {
    const named = resultOf({ name: 'not_null(a_long_name_of_a_column)', threshold: 'not null', failing: 0 });
    const ruled = resultOf({ name: 'in', threshold: `one of ${'"ABE", '.repeat(6)}x`, status: 'fail', failing: 7 });
    const lines = renderCheckTable(reportOf([named, ruled]), { width: 40, color: false }).split('\n');
    expect(lines.slice(0, 9)).toEqual([
      '✓ passed  not_null(a_long_name_of_a_colu',
      '          mn)',
      '  rule      not null',
      '  observed  100 % pass',
      '  failing   0',
      '✗ failed  in',
      '  rule      one of "ABE", "ABE", "ABE",',
      '            "ABE", "ABE", "ABE", x',
      '  observed  100 % pass',
    ]);
  });

  it('shortens the values of a row of very many columns', () => {
    const value = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`c${i}`, null]));
    const wide = resultOf({ name: 'wide', status: 'fail', failing: 1, examples: [{ row: 1, value }] });
    expect(renderCheckTable(reportOf([wide]), PLAIN).length).toBeLessThan(1000);
  });

  it('colours the status where colours are shown, and nothing else', () => {
    const text = renderCheckTable(EVERY_STATUS, { width: 120, color: true });
    expect(text).toContain('\u001b[31m✗ failed       \u001b[0m  distance');
    expect([31, 32, 33, 35, 2, 0].reduce((plain, code) => plain.replaceAll(`\u001b[${code}m`, ''), text)).toBe(
      renderCheckTable(EVERY_STATUS, PLAIN),
    );
  });
});

describe('a profile on a terminal', () => {
  it('is a line a column, of the statistics that any column has', () => {
    const profile = profileOf(numericColumn('delay', [1, 2, 3]), textColumn('origin', [['SFO', 3]]));
    expect(renderProfileTable(profile, PLAIN).split('\n')).toEqual([
      'column  type     nulls  distinct  least  greatest  mean  deviation',
      'delay   Float64      0         3  1      3            2          1',
      'origin  Utf8         0         1  SFO    SFO',
      '',
      '3 rows, 2 columns',
    ]);
  });
});

describe('a drift report on a terminal', () => {
  it('is a line a column, with categories by name, and the verdict last', () => {
    const before = profileOf(textColumn('origin', [['SFO', 4]]), numericColumn('delay', [1, 2, 3]));
    const now = profileOf(
      textColumn('origin', [
        ['SFO', 1],
        [HOSTILE, 5],
      ]),
      numericColumn('delay', [1, 2, 3]),
    );
    const lines = renderDriftTable(compareProfiles(before, now, { alpha: 1 }), PLAIN).split('\n');
    expect(lines[1]).toMatch(/^✗ drifted\s+origin\s+chi2\s+0\.\d+\s+0\.1\s+<script>/);
    expect(lines[2]).toMatch(/^✓ stable\s+delay\s+chi2\s+0\s+0\.1$/);
    expect(lines.at(-1)).toBe('fail: 1 of 2 columns drifted (50.00 %, limit 50.00 %)');
  });
});

describe('text from data', () => {
  it('is made visible where it would steer a terminal, and left alone elsewhere', () => {
    expect(visible('Zürich 東京 👩\u200d🚀 👩🏽\u200d🚀 ❤️\u200d🔥 \\n')).toBe(
      'Zürich 東京 👩\u200d🚀 👩🏽\u200d🚀 ❤️\u200d🔥 \\n',
    );
    expect(visible('a\u200db 👩\u200d')).toBe('a\\u200db 👩\\u200d');
    expect(visible('a\nb\tc\u001b]0;title\u0007\u009b')).toBe('a\\nb\\tc\\u001b]0;title\\u0007\\u009b');
  });

  it('stays in its cell', () => {
    expect(textTable([{ head: 'a' }, { head: 'b' }], [['x\ny', '1']], 80)).toBe('a     b\nx\\ny  1');
  });
});
