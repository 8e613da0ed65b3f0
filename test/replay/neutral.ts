/** How Temporal names a process, and its sticky queue: `PID@HOST`. */
const PROCESS = /^\d+@[\w.-]+/;

/** Where the code of a project came from: that of whoever recorded belongs to the machine too. */
const REPOSITORY = /"repository":"[^"]*"/g;

/**
 * A history without what belongs to the machine that recorded it: stack traces, identities of processes, and the names
 * of folders, also in payloads. None of it has a part in replay.
 * @param folders absolute paths; what lies in them is named relative to them
 */
export function neutral(value: unknown, folders: readonly string[]): unknown {
  const shorten = (text: string) =>
    folders
      .reduce((rest, folder) => rest.replaceAll(`${folder}/`, ''), text)
      .replace(REPOSITORY, '"repository":"https://example.org/project"');
  const walk = (each: unknown, key = ''): unknown => {
    if (Array.isArray(each)) return each.map((item) => walk(item));
    if (typeof each === 'object' && each !== null) {
      return Object.fromEntries(Object.entries(each).map(([name, member]) => [name, walk(member, name)]));
    }
    if (typeof each !== 'string') return each;
    if (key === 'stackTrace') return '';
    return key === 'data' ? encode(shorten(decode(each))) : shorten(each).replace(PROCESS, 'recorder');
  };
  return walk(value);
}

/** Every text in a history; those of payloads decoded. */
export function textsOf(value: unknown, key = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => textsOf(member, name));
  }
  if (typeof value !== 'string') return [];
  return [key === 'data' ? decode(value) : value];
}

// All payloads are JSON: they are text, and come out of this as they went in.
const decode = (data: string): string => Buffer.from(data, 'base64').toString('utf8');
const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
