import {
  MillraceError,
  parseWith,
  triggerEventSchema,
  type TriggerEvent,
  type TriggerOf,
} from '../../schemas/index.js';
import { eventId } from './event-id.js';

/**
 * What a webhook says, as an event. Its id is the one that the sender signed, so what is sent again is known.
 * @throws MillraceError INPUT_INVALID where the body has not what the trigger looks for in it
 */
export function webhookEvent(
  trigger: Pick<TriggerOf<'webhook'>, 'name' | 'partitionField' | 'paramFields'>,
  id: string,
  text: string,
): TriggerEvent {
  const body = parseBody(text);
  const partition = trigger.partitionField === undefined ? undefined : valueAt(body, trigger.partitionField);
  if (trigger.partitionField !== undefined && typeof partition !== 'string') {
    const message = 'must be a text, the key of the partition';
    throw new MillraceError('INPUT_INVALID', `body of the webhook: ${trigger.partitionField} ${message}`, {
      problems: [{ path: trigger.partitionField, message }],
    });
  }
  const params = Object.entries(trigger.paramFields).flatMap(([name, path]) => {
    const value = valueAt(body, path);
    return value === undefined ? [] : [[name, value] as const];
  });
  const event = {
    id: eventId(trigger.name, id),
    source: 'webhook',
    trigger: trigger.name,
    subject: text.replaceAll(/\s+/g, ' ').slice(0, 200),
    ...(partition !== undefined && { partition }),
    params: Object.fromEntries(params),
  };
  return parseWith(triggerEventSchema, event, 'event of the webhook');
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown);
  } catch (error) {
    const message = `the body of the webhook is not JSON: ${(error as Error).message}`;
    throw new MillraceError('INPUT_INVALID', message, { problems: [{ path: '', message: 'must be JSON' }] });
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        at !== null && typeof at === 'object' && Object.hasOwn(at, name)
          ? (at as Record<string, unknown>)[name]
          : undefined,
      value,
    );
}
