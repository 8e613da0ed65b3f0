import type {
  CalendarSpec,
  ScheduleDescription,
  ScheduleDescriptionAction,
  ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { parseCron } from '../schemas/cron.js';
import { MillraceError } from '../schemas/errors.js';
import { lineRulesOf, scheduleId, type FiringInput, type Schedule } from '../schemas/schedule.js';
import type { LineRules } from '../schemas/line.js';
import { taskQueue } from '../schemas/task-queues.js';
import { calendarText, DAYS, MONTHS } from './schedule-texts.js';

/** A schedule in a form that can be compared field by field, whether it was wished for or read from Temporal. */
export interface ScheduleFacts {
  /** One text a calendar or interval. */
  times: string;
  timezone: string;
  /** Times that are left out. */
  except: string;
  startAt: string;
  endAt: string;
  jitterSeconds: number;
  overlap: string;
  catchUpSeconds: number;
  maxActive: number;
  pauseOnFailure: boolean;
  /** How many more times it fires. */
  firingsLeft: string;
  action: string;
  workflowId: string;
  /** Limits that Temporal puts on a firing. */
  limits: string;
  /** Whose turn a firing is in Temporal’s queues. */
  priority: string;
  memo: string;
  searchAttributes: string;
  /** What the Temporal UI says of a firing. */
  summary: string;
  /** Input of a firing. */
  pipeline: string;
  requestedBy: string;
  params: string;
}

const NONE = 'none';

/** What Temporal is given for a schedule. */
export function scheduleOptions(pipeline: string, schedule: Schedule): ScheduleOptions {
  const line = lineRulesOf(schedule);
  const input: FiringInput = {
    ...{ pipeline, params: schedule.params, requestedBy: 'schedule' },
    ...(line !== undefined && { line }),
  };
  const { startAt, endAt } = schedule;
  return {
    scheduleId: scheduleId(pipeline),
    spec: {
      calendars: schedule.cron === undefined ? [] : calendarsOf(schedule.cron),
      intervals: schedule.everySeconds === undefined ? [] : [{ every: schedule.everySeconds * 1000 }],
      timezone: schedule.timezone,
      jitter: schedule.jitterSeconds * 1000,
      ...(startAt !== undefined && { startAt: new Date(startAt) }),
      ...(endAt !== undefined && { endAt: new Date(endAt) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledFiring',
      workflowId: `firing/${pipeline}`,
      taskQueue: taskQueue('orchestration'),
      args: [input],
      staticSummary: `${pipeline}: a firing of its schedule`,
    },
    policies: {
      // Where firings take turns among themselves, Temporal starts each of them.
      overlap: (line === undefined ? schedule.overlap : 'allow_all').toUpperCase() as ScheduleOverlapPolicy,
      catchupWindow: schedule.catchUpSeconds * 1000,
      pauseOnFailure: line === undefined && schedule.pauseOnFailure,
    },
  };
}

/**
 * A cron expression as Temporal’s calendars, so that what Temporal gives back can be compared with it. Its calendars match
 * where all fields do; a cron with both fields of days restricted is two of them.
 */
function calendarsOf(cron: string): CalendarSpec[] {
  const fields = parseCron(cron);
  if (typeof fields === 'string') throw new MillraceError('CONFIG_INVALID', `cron "${cron}" ${fields}`);
  const common = {
    comment: cron,
    minute: fields.minutes,
    hour: fields.hours,
    month: fields.months.map((month) => MONTHS[month - 1] ?? 'JANUARY'),
  };
  const dayOfMonth = fields.daysOfMonth;
  const dayOfWeek = fields.daysOfWeek.map((day) => DAYS[day] ?? 'SUNDAY');
  if (fields.bothDays) return [{ ...common, dayOfMonth, dayOfWeek }];
  return [
    { ...common, dayOfMonth },
    { ...common, dayOfWeek },
  ];
}

/** What a schedule of the configuration is to be. */
export function desiredFacts(pipeline: string, schedule: Schedule): ScheduleFacts {
  const { spec, policies, action } = scheduleOptions(pipeline, schedule);
  const calendars = (spec.calendars ?? []).map((calendar) => ({
    ...calendar,
    dayOfMonth: calendar.dayOfMonth ?? { start: 1, end: 31 },
    dayOfWeek: calendar.dayOfWeek ?? { start: 'SUNDAY' as const, end: 'SATURDAY' as const },
  }));
  return facts({ ...spec, calendars }, { ...policies, action });
}

/** What a schedule is in Temporal. */
export function actualFacts({ spec, policies, action, state }: ScheduleDescription): ScheduleFacts {
  return facts(spec, { ...policies, action, remainingActions: state.remainingActions });
}

/** Lines that say how a schedule differs from what it is to be. */
export function scheduleDifference(actual: ScheduleFacts, desired: ScheduleFacts): string[] {
  return (Object.keys(desired) as (keyof ScheduleFacts)[])
    .filter((field) => actual[field] !== desired[field])
    .map((field) => `${field}: ${actual[field]} → ${desired[field]}`);
}

type Spec = Pick<
  ScheduleOptions['spec'],
  'calendars' | 'intervals' | 'skip' | 'timezone' | 'startAt' | 'endAt' | 'jitter'
>;
interface Rest {
  overlap?: unknown;
  catchupWindow?: unknown;
  pauseOnFailure?: boolean;
  remainingActions?: number | undefined;
  action: Partial<Pick<ScheduleDescriptionAction, 'taskQueue' | 'args' | 'workflowId' | Limit | Note>> & {
    workflowType: string | object;
  };
}

type Note = 'priority' | 'memo' | 'typedSearchAttributes' | 'staticSummary' | 'staticDetails';
const LIMITS = ['workflowExecutionTimeout', 'workflowRunTimeout', 'workflowTaskTimeout', 'retry'] as const;
type Limit = (typeof LIMITS)[number];

function facts(spec: Spec, { overlap, catchupWindow, pauseOnFailure, remainingActions, action }: Rest): ScheduleFacts {
  const [input] = (action.args ?? []) as (Partial<FiringInput> | null | undefined)[];
  const { line, params = {}, pipeline = NONE, requestedBy = NONE } = input ?? {};
  const policy = String(overlap).toLowerCase();
  const seconds = (duration: unknown) => Math.round(Number(duration ?? 0) / 1000);
  const times = [
    ...(spec.calendars ?? []).map(calendarText),
    ...(spec.intervals ?? []).map(
      ({ every, offset }) => `every ${seconds(every)} s${seconds(offset) > 0 ? ` + ${seconds(offset)} s` : ''}`,
    ),
  ];
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    times: times.sort().join('; ') || NONE,
    timezone: spec.timezone ?? 'UTC',
    except: (spec.skip ?? []).map(calendarText).sort().join('; ') || NONE,
    startAt: spec.startAt?.toISOString() ?? NONE,
    endAt: spec.endAt?.toISOString() ?? NONE,
    jitterSeconds: seconds(spec.jitter),
    overlap: line === undefined ? policy : overlapOf(line, policy),
    maxActive: line?.maxActive ?? 1,
    catchUpSeconds: seconds(catchupWindow),
    pauseOnFailure: (pauseOnFailure ?? false) || line?.stopOnFailure === true,
    firingsLeft: remainingActions === undefined ? 'no limit' : String(remainingActions),
    action: `${typeof action.workflowType === 'string' ? action.workflowType : NONE} on ${action.taskQueue ?? NONE}`,
    workflowId: action.workflowId ?? NONE,
    limits:
      LIMITS.filter((limit) => action[limit] !== undefined)
        .map((limit) => `${limit} ${JSON.stringify(action[limit])}`)
        .join(', ') || NONE,
    priority: inWords(action.priority ?? {}),
    memo: inWords(action.memo ?? {}),
    searchAttributes: inWords(attributesOf(action.typedSearchAttributes ?? [])),
    summary: [action.staticSummary, action.staticDetails].filter(Boolean).join('; ') || NONE,
    ...{ pipeline, requestedBy },
    params: JSON.stringify(Object.fromEntries(sorted)),
  };
}

function attributesOf(given: NonNullable<ScheduleDescriptionAction['typedSearchAttributes']>): object {
  const pairs = Array.isArray(given) ? given : given.getAll();
  return Object.fromEntries(pairs.map(({ key, value }) => [key.name, value]));
}

/** Fields that have a value, `priorityKey 5, fairnessKey "eve"`; Temporal gives some that nobody set as empty. */
function inWords(fields: object): string {
  return (
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== 0)
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .sort()
      .join(', ') || NONE
  );
}

/** What the turns of firings are called; that Temporal keeps some of them back is a difference. */
function overlapOf({ order }: LineRules, policy: string): string {
  const name = order === 'newest' ? 'newest' : 'buffer_all';
  return policy === 'allow_all' ? name : `${name}, but ${policy} in Temporal`;
}
