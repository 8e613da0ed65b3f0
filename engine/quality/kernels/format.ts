import { isIPv4, isIPv6 } from 'node:net';
import { parseInstantNs } from '../literals.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, RowCheck, withMostly } from './row-check.js';
import { judgeTexts } from './texts.js';

type Format = CheckOf<'format'>['format'];

/** Texts longer than this have none of the forms but `json`. */
const LONGEST = 4096;

const HOSTNAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** The forms. Each expression has no nested repetition over the same letters, so it takes linear time. */
const FORMATS: Record<Format, (text: string) => boolean> = {
  uuid: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  email: isEmail,
  ipv4: isIPv4,
  ipv6: isIPv6,
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isDay(text),
  datetime: (text) => /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}/.test(text) && isDay(text.slice(0, 10)) && isInstant(text),
  time: (text) => /^(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/.test(text),
  json: isJson,
  url: (text) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/\s/.test(text) && URL.canParse(text),
  hostname: (text) => HOSTNAME.test(text),
};

/** Nulls are passed over; the empty text has no form. */
export const format: CheckDefinition<CheckOf<'format'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  start(check, [kind]) {
    const test = FORMATS[check.format];
    return new RowCheck(
      check.column,
      judgeTexts(kind!, (text) => (check.format === 'json' || text.length <= LONGEST) && test(text)),
    );
  },
  threshold: (check) => withMostly(`is a ${check.format}`, check),
  judge: judgeShare,
};

/** An address as HTML’s input type takes it: one @, a local part of RFC 5322’s atoms, a host with a point. */
export function isEmail(text: string): boolean {
  const at = text.indexOf('@');
  const host = text.slice(at + 1);
  return (
    at > 0 &&
    at <= 64 &&
    /^[\w.!#$%&'*+/=?^`{|}~-]+$/.test(text.slice(0, at)) &&
    host.includes('.') &&
    HOSTNAME.test(host)
  );
}

/** Whether a day is in the calendar: JavaScript’s own parser takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

function isInstant(text: string): boolean {
  return parseInstantNs(text.replace('t', 'T').replace('z', 'Z')) !== null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
