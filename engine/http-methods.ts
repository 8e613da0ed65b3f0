import type { FastifyInstance } from 'fastify';

/**
 * Learns the paths that are added to a server from now on.
 * @returns the methods that a path of a request knows, sorted; none for a path that is not there
 */
export function methodsByPath(app: FastifyInstance): (url: string) => string[] {
  const routes = new Map<string, { matches: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { matches: patternOf(url), methods: new Set<string>() };
    for (const one of [method].flat()) route.methods.add(one);
    routes.set(url, route);
  });
  return (url) => {
    const path = url.replace(/[?#].*$/s, '');
    const found = [...routes.values()].filter(({ matches }) => matches.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted();
  };
}

/** `/runs/:runId` and `*` as Fastify reads them; a slash at the end tells no paths apart. */
function patternOf(url: string): RegExp {
  const pattern = url.replaceAll(/:\w+|\*|[.+?^${}()|[\]\\]/g, (part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : `\\${part}`;
  });
  return new RegExp(`^${pattern.replace(/\/$/, '')}/?$`);
}
