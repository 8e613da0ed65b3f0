import type { RunRequest, RunVerdict } from '../../schemas/index.js';

/** A night of the demo: what is asked for, and how it should end. */
export interface Night {
  name: string;
  /** What it is to show, in a few words. */
  about: string;
  partition: string;
  /** Parameters besides the defaults; the bad source is put in when it has been made. */
  params: NonNullable<RunRequest['params']>;
  badSource: boolean;
  force?: RunRequest['force'];
  expected: { verdict: RunVerdict; reason: string };
  /** What clients do meanwhile: nothing, ask the serving model, or send the day through the canary. */
  traffic: 'after' | 'during';
}

export const PIPELINE = 'flight-delays';
export const HISTORY_PIPELINE = 'flight-history';
export const ENDPOINT = 'flight-delays';

/** The days that the first night’s model is trained on. */
export const HISTORY_PARTITIONS = Array.from(
  { length: 28 },
  (_, index) => `2001-03-${String(index + 1).padStart(2, '0')}`,
);

/** Five nights, of which two must be refused and one taken back. */
export const NIGHTS: readonly Night[] = [
  {
    name: 'night 1',
    about: 'first release',
    partition: '2001-03-29',
    params: {},
    badSource: false,
    expected: { verdict: 'succeeded', reason: 'FIRST_RELEASE' },
    traffic: 'after',
  },
  {
    name: 'night 2',
    about: 'retrained, as good, canary',
    partition: '2001-03-30',
    params: {},
    badSource: false,
    expected: { verdict: 'succeeded', reason: 'PROMOTED' },
    traffic: 'during',
  },
  {
    name: 'night 3',
    about: 'bad data',
    partition: '2001-03-31',
    params: {},
    badSource: true,
    expected: { verdict: 'refused', reason: 'QUALITY_FAILED' },
    traffic: 'after',
  },
  {
    name: 'night 4',
    about: 'bad model',
    partition: '2001-04-01',
    params: { shuffle_labels: true },
    badSource: false,
    expected: { verdict: 'refused', reason: 'EVALUATION_FAILED' },
    traffic: 'after',
  },
  {
    name: 'night 5',
    about: 'bad in production only',
    partition: '2001-04-02',
    params: { estimator: 'gaussian_process' },
    badSource: false,
    force: { by: 'demo', reason: 'shows that a forced model still meets the canary' },
    expected: { verdict: 'rolled_back', reason: 'CANARY_FAILED' },
    traffic: 'during',
  },
];
