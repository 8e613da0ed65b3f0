import { workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** The time at which a schedule was to start this workflow, before any jitter; undefined if none started it. */
export function scheduledTime(): Date | undefined {
  return workflowInfo().typedSearchAttributes.get(scheduledStart);
}

/** Time of the schedule, else when this workflow was started. ISO 8601. */
export function nominalTime(): string {
  return (scheduledTime() ?? workflowInfo().startTime).toISOString();
}
