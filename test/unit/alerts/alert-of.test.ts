import { alertOf, type AlertedRun } from '../../../engine/alerts/index.js';
import {
  alertChannelSchema,
  backfillRequester,
  isBackfillRequester,
  type LineageRecord,
} from '../../../schemas/index.js';

const run: AlertedRun = {
  ...{ pipeline: 'p', partition: 'a', workflowId: 'run/p/a' },
  ...{ afterFailure: false, ofBackfill: false },
};
const ended = (verdict: 'failed' | 'refused' | 'succeeded', reason: string): LineageRecord => ({
  ...{ kind: 'run_finished', key: 'k', at: '2001-03-01T00:00:00.000Z', runId: '01a22740-350a-7aad-aad4-5288d325bc01' },
  ...{ verdict, reason, message: 'so it was' },
});

describe('what an end of a run is to people', () => {
  it('is no failure where somebody cancelled it, and only who asks for it is told', () => {
    const alert = alertOf(ended('failed', 'CANCELLED'), run);
    expect(alert).toMatchObject({ event: 'run_cancelled', severity: 'info', title: 'p a was cancelled' });
    const { events } = alertChannelSchema.parse({ kind: 'slack', name: 'c', url: 'https://example.com/' });
    expect(events).not.toContain('run_cancelled');
    expect(events).toContain('run_failed');
  });

  it('is one trouble with the other runs of backfills of the pipeline', () => {
    const ofBackfill = { ...run, ofBackfill: true };
    const keys = ['a', 'b'].map(
      (partition) => alertOf(ended('failed', 'SOURCE_EMPTY'), { ...ofBackfill, partition })?.key,
    );
    expect(new Set(keys).size).toBe(1);
    const alone = ['a', 'b'].map((partition) => alertOf(ended('failed', 'SOURCE_EMPTY'), { ...run, partition })?.key);
    expect(alone).toEqual(['run/p/a', 'run/p/b']);
    expect(keys).not.toContain(alone[0]);
  });

  it('knows who asked for it', () => {
    const asked = backfillRequester({ from: '2001-03-01', to: '2001-03-02', requestedBy: 'ada' });
    expect(asked).toBe('backfill 2001-03-01..2001-03-02 by ada');
    expect(isBackfillRequester(asked)).toBe(true);
    expect(isBackfillRequester('ada')).toBe(false);
  });
});
