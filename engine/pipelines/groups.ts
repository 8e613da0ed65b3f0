import { groupNamed, hint, MillraceError } from '../../schemas/index.js';

/** People by names and groups, each once. @throws PIPELINE_INVALID if there is no such group */
export function membersOf(groups: Readonly<Record<string, readonly string[]>>, allowed: readonly string[]): string[] {
  const people = allowed.flatMap((one, index) => {
    const group = groupNamed(one);
    if (group === undefined) return [one];
    const members = groups[group];
    if (members !== undefined) return members;
    const message = `there is no group "${group}"${hint(group, Object.keys(groups))}`;
    throw new MillraceError('PIPELINE_INVALID', message, { problems: [{ path: `allowed[${index}]`, message }] });
  });
  return [...new Set(people)];
}
