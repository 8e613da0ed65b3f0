import { z } from 'zod';
import { issueInWords } from '../../../schemas/problem-words.js';

describe('what is wrong with a value', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), 5, 'must be a string, not a number'],
    [z.string(), undefined, 'must be given: a string'],
    [z.object({}), null, 'must be an object, not null'],
    [z.record(z.string(), z.string()), [], 'must be an object, not a list'],
    [z.boolean(), 'yes', 'must be true or false, not a string'],
    [z.number(), true, 'must be a number, not a boolean'],
    [z.number(), NaN, 'must be a number, not NaN'],
    [z.int(), 1.5, 'must be an integer'],
    [z.int().min(1), 0, 'must be at least 1'],
    [z.number().gt(0), 0, 'must be greater than 0'],
    [z.number().max(1), 2, 'must be at most 1'],
    [z.number().lt(1), 1, 'must be less than 1'],
    [z.string().min(3), '', 'must have at least 3 characters'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.array(z.int()).min(2), [1], 'must have at least 2 entries'],
    [z.array(z.int()).length(1), [], 'must have exactly 1 entry'],
    [z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
    [z.literal('a'), 'c', 'must be "a"'],
    [z.url(), 'x', 'must be a URL, as in https://example.org/a'],
    [z.string().min(3, 'must say why'), '', 'must say why'],
    [z.string().regex(/a/, 'must have an "a"'), 'b', 'must have an "a"'],
  ])('%#: is told without words of the library', (schema, value, expected) => {
    expect(schema.safeParse(value).error?.issues.map(issueInWords)).toEqual([expected]);
  });
});
