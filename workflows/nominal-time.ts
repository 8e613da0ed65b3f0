import { workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';

const scheduledTime = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** The time at which a schedule was to start this workflow, before any jitter; else when it was started. ISO 8601. */
export function nominalTime(): string {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return (typedSearchAttributes.get(scheduledTime) ?? startTime).toISOString();
}
