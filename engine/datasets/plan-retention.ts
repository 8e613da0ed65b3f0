import { MillraceError, type RetentionClass, type RetentionFacts, type RetentionNeed } from '../../schemas/index.js';

/** Why a version stays or goes; those of `RetentionNeed` are told by whoever needs it. */
export type RetentionReason =
  RetentionNeed | 'needed_since' | 'no_class' | 'published' | 'recent' | 'newest' | 'expired';

/** What is to be done about a version, and every reason for it. */
export interface RetentionDecision {
  ref: RetentionFacts['ref'];
  action: 'keep' | 'remove';
  reasons: { reason: RetentionReason; message: string }[];
  /** Whether it was read for its partition when that was decided. */
  published: boolean;
}

/**
 * Decides about a version. It goes when the class of its dataset has nothing to keep it by, and nothing needs it.
 * @param policy class of the dataset, with its name; undefined: it has none, and everything stays
 */
export function decideRetention(
  policy: { name: string; rules: RetentionClass } | undefined,
  { ref, usedAt, published, newer, needs }: RetentionFacts,
  now: Date,
): RetentionDecision {
  const reasons: RetentionDecision['reasons'] = needs.map(({ need, message }) => ({ reason: need, message }));
  if (policy === undefined) {
    reasons.push({ reason: 'no_class', message: 'the dataset has no retention class' });
    return { ref, action: 'keep', reasons, published };
  }
  const { name, rules } = policy;
  if (published && rules.published === 'keep') {
    reasons.push({ reason: 'published', message: 'it is the version that is read for its partition' });
  }
  const { keepFor, keepLast } = rules;
  if (keepFor !== undefined && now.getTime() - Date.parse(usedAt) < hoursOf(keepFor) * 3_600_000) {
    reasons.push({
      reason: 'recent',
      message: `last written or published ${usedAt}, class ${name} keeps for ${keepFor}`,
    });
  }
  if (keepLast !== undefined && newer < keepLast) {
    const message = `number ${newer + 1} from the newest of its partition, class ${name} keeps the last ${keepLast}`;
    reasons.push({ reason: 'newest', message });
  }
  if (reasons.length > 0) return { ref, action: 'keep', reasons, published };
  const message = `class ${name}: last written or published ${usedAt}, ${newer} newer versions`;
  return { ref, action: 'remove', reasons: [{ reason: 'expired', message }], published };
}

/** Hours of a text as `90d` or `12h`. */
function hoursOf(text: string): number {
  const [, count, unit] = /^(\d+)(h|d)$/.exec(text) ?? [];
  if (count === undefined) throw new MillraceError('INPUT_INVALID', `"${text}" is not a time such as 90d`);
  return Number(count) * (unit === 'd' ? 24 : 1);
}
