import { renderJunit } from '../../../../engine/quality/report';
import { EVERY_STATUS, HOSTILE, readPage, reportOf, resultOf } from './report-fixtures';

const ABOUT = { subject: 'days/1.parquet', checkedAt: new Date('2001-07-01T08:00:00.123Z') };
const read = (xml: string) => readPage(xml.replace('<?xml version="1.0" encoding="UTF-8"?>', ''));

describe('a report as JUnit XML', () => {
  const xml = renderJunit(EVERY_STATUS, ABOUT);
  const tags = read(xml);

  it('counts failures, errors and skipped checks', () => {
    expect(tags.find(({ tag }) => tag === 'testsuite')?.attributes).toEqual({
      name: 'days/1.parquet',
      tests: '5',
      failures: '1',
      errors: '1',
      skipped: '1',
      time: '0.150',
      timestamp: '2001-07-01T08:00:00',
      hostname: 'localhost',
    });
  });

  it('has a test case a check, with what happened to it inside', () => {
    expect(tags.map(({ tag }) => tag)).toEqual([
      ...['testsuites', 'testsuite', 'properties', 'property', 'property'],
      ...['testcase', 'testcase', 'system-out', 'testcase', 'failure', 'testcase', 'error', 'testcase', 'skipped'],
    ]);
    expect(tags.find(({ tag }) => tag === 'failure')?.attributes).toEqual({
      message: '50.00 % pass, must be -1500 to 2000',
      type: 'between',
    });
    expect(xml).toContain('row 7 of a.parquet {&quot;id&quot;:&quot;k7&quot;,&quot;origin&quot;:&quot;SFO&quot;}: -3');
  });

  it('is well-formed whatever is in the data', () => {
    const hostile = resultOf({ name: HOSTILE, column: HOSTILE, threshold: HOSTILE, message: HOSTILE });
    const statuses = ['pass', 'warn', 'fail', 'error', 'skip'] as const;
    const text = renderJunit(reportOf(statuses.map((status) => ({ ...hostile, status }))), {
      ...ABOUT,
      subject: HOSTILE,
    });
    expect(read(text)).toHaveLength(5 + 5 + 4);
    expect(text).not.toMatch(/[^\n\x20-\ud7ff\ue000-\ufffd]/);
  });
});
