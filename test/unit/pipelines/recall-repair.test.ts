import { repairBackfills } from '../../../engine/pipelines/index.js';

const DAYS = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6'];
const range = (_: string, from: string, to: string) => DAYS.slice(DAYS.indexOf(from), DAYS.indexOf(to) + 1);
const made = (pipeline: string, partition: string, writesDatasets = true) => ({ pipeline, partition, writesDatasets });

describe('the repair of a recall', () => {
  it('puts neighbouring partitions together, leaves out what is sound, and keeps the order of the pipelines', () => {
    const runs = [
      made('raw', 'd2'),
      made('report', 'd3'),
      made('report', 'd2'),
      made('report', 'd6'),
      made('report', 'd2'),
    ];
    expect(repairBackfills(runs, range)).toEqual([
      { pipeline: 'raw', from: 'd2', to: 'd2', reprocess: 'all' },
      { pipeline: 'report', from: 'd2', to: 'd3', reprocess: 'all' },
      { pipeline: 'report', from: 'd6', to: 'd6', reprocess: 'all' },
    ]);
  });

  it('repeats a pipeline that only trains for its newest partition alone', () => {
    const runs = [made('nightly', 'd3', false), made('nightly', 'd5', false), made('nightly', 'd4', false)];
    expect(repairBackfills(runs, range)).toEqual([{ pipeline: 'nightly', from: 'd5', to: 'd5', reprocess: 'all' }]);
  });
});
