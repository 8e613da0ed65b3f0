import { condition, defineUpdate, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  gateDecisionSchema,
  SEARCH_ATTRIBUTES,
  type GateDecision,
  type GateVerb,
  type GateDecisionInput,
} from '../schemas/index.js';
import { failure, parseInput } from './failures.js';
import type { Run } from './run.js';

type DecisionUpdate = [GateDecisionInput];
type Accepted = { accepted: true; step: string };

/** Lets a waiting step go on as if it had passed. */
export const releaseUpdate = defineUpdate<Accepted, DecisionUpdate>('release');
/** Ends a waiting step as refused. */
export const rejectUpdate = defineUpdate<Accepted, DecisionUpdate>('reject');
/** Makes the data of a waiting check anew, as they have been repaired, and judges them again. */
export const recheckUpdate = defineUpdate<Accepted, DecisionUpdate>('recheck');

const UPDATES = [
  {
    update: releaseUpdate,
    verb: 'release',
    description: 'Lets a step that waits go on. Takes {"by", "reason", "step"}.',
  },
  {
    update: rejectUpdate,
    verb: 'reject',
    description: 'Ends a step that waits as refused. Takes {"by", "reason", "step"}.',
  },
  {
    update: recheckUpdate,
    verb: 'recheck',
    description: 'The data have been repaired: makes them anew and checks them again. Takes {"by", "reason", "step"}.',
  },
] as const;

/** Makes a run take decisions on steps that wait for one. A decision that no step waits for is refused at once. */
export function acceptDecisions(run: Run): void {
  for (const { update, verb, description } of UPDATES) {
    setHandler(
      update,
      (input) => {
        const { step, by, reason } = parseDecision(run, verb, input);
        run.gates.set(step, { verbs: [], decision: { verb, by, reason } });
        return { accepted: true, step };
      },
      { description, validator: (input) => void parseDecision(run, verb, input) },
    );
  }
}

function parseDecision(run: Run, verb: GateVerb, input: unknown): GateDecision & { step: string } {
  const { step, by, reason } = parseInput(gateDecisionSchema, input, verb);
  const waiting = [...run.gates].filter(([, gate]) => gate.verbs.length > 0).map(([name]) => name);
  const [only] = waiting;
  if (only === undefined) throw failure('INPUT_INVALID', `${verb}: no step of this run waits for a decision`);
  if (step === undefined && waiting.length > 1) {
    throw failure('INPUT_INVALID', `${verb}: several steps wait, so step must name one of ${waiting.join(', ')}`);
  }
  const name = step ?? only;
  const gate = run.gates.get(name);
  if (gate === undefined || gate.verbs.length === 0) {
    throw failure(
      'INPUT_INVALID',
      `${verb}: step ${name} does not wait for a decision; these do: ${waiting.join(', ')}`,
    );
  }
  if (!gate.verbs.includes(verb)) {
    throw failure('INPUT_INVALID', `${verb}: step ${name} can be decided by ${gate.verbs.join(', ')}`);
  }
  return { step: name, verb, by, reason };
}

/**
 * Waits for a decision on a step, without holding a worker.
 * @param verbs the decisions that the step understands
 * @param timeoutSeconds longest wait; undefined is for ever
 * @returns the decision, or null when the time is over
 */
export async function awaitDecision(
  run: Run,
  step: string,
  verbs: readonly GateVerb[],
  timeoutSeconds?: number,
): Promise<GateDecision | null> {
  run.gates.set(step, { verbs, decision: null });
  showWaiting(run);
  const decided = () => (run.gates.get(step)?.decision ?? null) !== null;
  try {
    if (timeoutSeconds === undefined) await condition(decided);
    else await condition(decided, timeoutSeconds * 1000);
    return run.gates.get(step)?.decision ?? null;
  } finally {
    run.gates.delete(step);
    showWaiting(run);
  }
}

/** Runs that wait for somebody can be found: `MillraceVerdict = 'waiting'`. */
function showWaiting(run: Run): void {
  const waiting = [...run.gates.values()].some((gate) => gate.decision === null);
  run.phase = waiting ? 'waiting for a decision' : 'running';
  if (!run.searchAttributes) return;
  const key = defineSearchAttributeKey(SEARCH_ATTRIBUTES.verdict, 'KEYWORD');
  upsertSearchAttributes([{ key, value: waiting ? 'waiting' : null }]);
}
