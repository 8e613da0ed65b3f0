import { condition, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  approvalFieldInWords,
  approvalValueProblem,
  gateDecisionSchema,
  type GateDecision,
  type GateDecisionInput,
  type GateOffer,
  type GateVerb,
  type LineageRecord,
  type Problem,
} from '../schemas/index.js';
import { commitRecords } from './commit-records.js';
import { failure, parseInput } from './failures.js';
import { now } from './now.js';
import { raiseAlert } from './raise-alert.js';
import type { Run } from './run.js';
import { setVerdictAttribute } from './search-attributes.js';

type DecisionUpdate = [GateDecisionInput];
type Accepted = { accepted: true; step: string };

/** Lets a waiting step go on as if it had passed. */
export const releaseUpdate = defineUpdate<Accepted, DecisionUpdate>('release');
/** Ends a waiting step as refused. */
export const rejectUpdate = defineUpdate<Accepted, DecisionUpdate>('reject');
/** Makes the data of a waiting check anew, as they have been repaired, and judges them again. */
export const recheckUpdate = defineUpdate<Accepted, DecisionUpdate>('recheck');

/** Lets a step `approve` succeed. */
export const approveUpdate = defineUpdate<Accepted, DecisionUpdate>('approve');

/** Does a failed step that waits again. */
export const retryStepUpdate = defineUpdate<Accepted, DecisionUpdate>('retryStep');
/** Goes on without a failed step that waits. */
export const skipStepUpdate = defineUpdate<Accepted, DecisionUpdate>('skipStep');
/** Lets a run with a failed step that waits fail. */
export const abortStepUpdate = defineUpdate<Accepted, DecisionUpdate>('abort');

const UPDATES = [
  { update: releaseUpdate, verb: 'release', does: 'Lets a failed check that waits go on' },
  { update: rejectUpdate, verb: 'reject', does: 'Ends a step that waits as refused' },
  {
    update: recheckUpdate,
    verb: 'recheck',
    does: 'The data have been repaired: makes them anew and checks them again',
  },
  { update: approveUpdate, verb: 'approve', does: 'Approves' },
  { update: retryStepUpdate, verb: 'retryStep', does: 'Does a failed step that waits again' },
  { update: skipStepUpdate, verb: 'skipStep', does: 'Goes on without a failed step that waits' },
  { update: abortStepUpdate, verb: 'abort', does: 'Lets the run fail, with the error of a failed step that waits' },
] as const;

/** Makes a run take decisions on steps that wait for one. A decision that no step waits for is refused at once. */
export function acceptDecisions(run: Run): void {
  for (const { update, verb, does } of UPDATES) {
    setHandler(
      update,
      (input) => {
        const { step, ...decision } = parseDecision(run, verb, input);
        run.gates.set(step, { offer: null, decision });
        return { accepted: true, step };
      },
      {
        description: `${does}. Takes {"by", "reason", "step"}${verb === 'approve' ? ', and "values"' : ''}.`,
        validator: (input) => void parseDecision(run, verb, input),
      },
    );
  }
}

function parseDecision(run: Run, verb: GateVerb, input: unknown): GateDecision & { step: string } {
  const { step, ...decision } = parseInput(gateDecisionSchema, input, verb);
  const waiting = [...run.gates].flatMap(([name, { offer }]) => (offer === null ? [] : [{ name, offer }]));
  const names = waiting.map(({ name }) => name).join(', ');
  if (waiting.length === 0) throw failure('INPUT_INVALID', `${verb}: no step of this run waits for a decision`);
  if (step === undefined && waiting.length > 1) {
    throw failure('INPUT_INVALID', `${verb}: several steps wait, so step must name one of ${names}`);
  }
  const gate = waiting.find(({ name }) => name === (step ?? name));
  if (gate === undefined) {
    throw failure('INPUT_INVALID', `${verb}: step ${step} does not wait for a decision; these do: ${names}`);
  }
  const problems = decisionProblems(gate.offer, verb, decision);
  if (problems.length > 0) {
    const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw failure('INPUT_INVALID', `${verb} of ${gate.name}: ${text}`, { problems });
  }
  return { step: gate.name, verb, ...decision };
}

function decisionProblems(
  { verbs, allowed, people = allowed, fields = {} }: GateOffer,
  verb: GateVerb,
  { by, values }: Omit<GateDecision, 'verb'>,
): Problem[] {
  if (!verbs.includes(verb)) return [{ path: 'step', message: `can be decided by ${verbs.join(', ')} alone` }];
  const actor =
    allowed === undefined || people?.includes(by)
      ? []
      : [{ path: 'by', message: `may not decide; these may: ${allowed.join(', ')}` }];
  const unknown = Object.keys(values)
    .filter((name) => !(name in fields))
    .map((name) => ({ path: `values.${name}`, message: 'is not asked for' }));
  if (verb !== 'approve') return [...actor, ...unknown];
  const wrong = Object.entries(fields).flatMap(([name, field]) => {
    const path = `values.${name}`;
    const value = values[name];
    if (value === undefined) {
      if (!field.required || field.default !== undefined) return [];
      return [{ path, message: `is required, ${approvalFieldInWords(field)}` }];
    }
    const message = approvalValueProblem(field, value);
    return message === undefined ? [] : [{ path, message }];
  });
  return [...actor, ...unknown, ...wrong];
}

/**
 * Waits for a decision on a step, without holding a worker.
 * @param offer what the step understands, and from whom
 * @param timeoutSeconds longest wait; undefined is for ever
 * @returns the decision, or null when the time is over
 */
export async function awaitDecision(
  run: Run,
  step: string,
  offer: GateOffer,
  timeoutSeconds?: number,
): Promise<GateDecision | null> {
  run.gates.set(step, { offer, decision: null });
  showWaiting(run);
  const decided = () => (run.gates.get(step)?.decision ?? null) !== null;
  try {
    const { pipeline, window, steps } = run;
    // A step may wait more than once.
    await raiseAlert(`${step}@${workflowInfo().historyLength}`, {
      event: 'approval_needed',
      key: `gate/${pipeline}/${window.key}/${step}`,
      title: `${pipeline} ${window.key}: ${step} waits for ${offer.verbs.join(', ')}`,
      message: [steps.get(step)?.summary ?? '', ...asked(offer)].join('; '),
      ...{ pipeline, partition: window.key },
    });
    if (timeoutSeconds === undefined) await condition(decided);
    else await condition(decided, timeoutSeconds * 1000);
    const decision = run.gates.get(step)?.decision ?? null;
    const made = decision ?? {
      verb: 'timeout' as const,
      by: 'nobody',
      reason: `within ${timeoutSeconds} s`,
      values: {},
    };
    await commitRecords([decisionRecord(run, step, made)]);
    return decision;
  } finally {
    run.gates.delete(step);
    showWaiting(run);
  }
}

/** Who may decide and what an approval has to give, for whoever is told. */
function asked({ allowed, fields = {} }: GateOffer): string[] {
  const wanted = Object.entries(fields).map(([name, field]) => `${name} (${approvalFieldInWords(field)})`);
  return [
    ...(allowed === undefined ? [] : [`may decide: ${allowed.join(', ')}`]),
    ...(wanted.length === 0 ? [] : [`asks for ${wanted.join(', ')}`]),
  ];
}

/** Who decided what, and why, or that nobody did, for the audit record. */
function decisionRecord(
  run: Run,
  step: string,
  { verb, by, reason, values }: Omit<GateDecision, 'verb'> & { verb: GateVerb | 'timeout' },
): LineageRecord {
  const { runId, workflowId } = run;
  const nth = (run.decisions.get(step) ?? 0) + 1;
  run.decisions.set(step, nth);
  return {
    kind: 'action_taken',
    key: `${runId}/${step}/decision/${nth}`,
    at: now(),
    runId,
    actor: by,
    action: verb,
    target: `${workflowId}: step ${step}`.slice(0, 400),
    reason: Object.keys(values).length === 0 ? reason : `${reason}; ${JSON.stringify(values)}`,
  };
}

/** Runs that wait for somebody can be found: `MillraceVerdict = 'waiting'`. */
function showWaiting(run: Run): void {
  const waiting = [...run.gates.values()].some(({ offer }) => offer !== null);
  run.phase = waiting ? 'waiting for a decision' : 'running';
  setVerdictAttribute(run, waiting ? 'waiting' : null);
}
