import { ALERT_SEVERITIES, type Alert, type AlertEvent, type LineageRecord } from '../../schemas/index.js';

/** Kinds of records that may be an alert. */
export const ALERTING_KINDS: readonly LineageRecord['kind'][] = [
  'run_finished',
  'quality_result',
  'rollout_finished',
  'alert_raised',
];

/** The run that a record belongs to, as far as an alert tells it. */
export interface AlertedRun {
  pipeline: string;
  partition: string;
  workflowId: string;
  /** Whether the run of the partition before this one did not succeed. */
  afterFailure: boolean;
  /** Whether a backfill started it: what all its runs have in common is one trouble, and it tells of its end itself. */
  ofBackfill: boolean;
}

/** What people should know of a record; null where there is nothing. */
export function alertOf(record: LineageRecord, run: AlertedRun | undefined): Alert | null {
  const at = record.at;
  const { pipeline = null, partition = null, workflowId = null } = run ?? {};
  const alert = (event: AlertEvent, key: string, title: string, message: string): Alert => ({
    ...{ event, severity: ALERT_SEVERITIES[event], key: key.slice(0, 300) },
    ...{ title: title.slice(0, 300), message: message.slice(0, 2000), pipeline, partition, workflowId, at },
    runId: 'runId' in record ? (record.runId ?? null) : null,
  });
  const what = `${pipeline} ${partition}`;
  const ofBackfill = run?.ofBackfill === true;
  switch (record.kind) {
    case 'run_finished': {
      const key = `run/${pipeline}/${partition}`;
      const message = `${record.reason}: ${record.message}`;
      const trouble = ofBackfill ? `backfill/${pipeline}` : key;
      if (record.reason === 'CANCELLED') return alert('run_cancelled', trouble, `${what} was cancelled`, message);
      if (record.verdict === 'failed') return alert('run_failed', trouble, `${what} failed`, message);
      if (record.verdict === 'refused') return alert('run_refused', trouble, `${what} was refused`, message);
      if (record.verdict !== 'succeeded' || run?.afterFailure !== true) return null;
      return alert('run_recovered', key, `${what} succeeded again`, message);
    }
    case 'quality_result': {
      const { dataset, partition: checked, report } = record;
      const bad = report.checks.filter(({ status }) => status !== 'pass' && status !== 'skip');
      const event = { pass: null, warn: 'check_warned', fail: 'check_failed', error: 'check_failed' } as const;
      const name = event[report.verdict];
      if (name === null) return null;
      const lines = bad.map((check) => `${check.name} ${check.status}, expected ${check.threshold}`);
      const title = `${dataset} ${checked}: ${bad.length} of ${report.checks.length} checks did not pass`;
      const key = `check/${pipeline}/${record.step}/${dataset}`;
      return alert(name, ofBackfill ? `backfill/${key}` : `${key}/${checked}`, title, lines.join('\n'));
    }
    case 'rollout_finished': {
      const { endpoint, outcome, reason, candidate } = record.result;
      if (outcome !== 'rolled_back') return null;
      const title = `${endpoint}: ${candidate.model} v${candidate.version} was taken back`;
      return alert('rollout_rolled_back', `rollout/${endpoint}`, title, reason);
    }
    case 'alert_raised':
      return { ...record.alert, at };
    default:
      return null;
  }
}
