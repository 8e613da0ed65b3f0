import { upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, type RunVerdict } from '../schemas/index.js';
import type { Run } from './run.js';

/** By what executions of a run are found: its own, and those of its rollouts. */
export function runAttributes(run: { pipeline: string; window: { key: string } }): SearchAttributePair[] {
  return [
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.pipeline, 'KEYWORD'), value: run.pipeline },
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.partition, 'KEYWORD'), value: run.window.key },
  ];
}

/** Shows the verdict, or that the run waits for somebody; null is neither. */
export function setVerdictAttribute(run: Run, value: RunVerdict | 'waiting' | null): void {
  if (!run.searchAttributes) return;
  upsertSearchAttributes([{ key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.verdict, 'KEYWORD'), value }]);
}
