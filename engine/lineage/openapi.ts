import { z } from 'zod';
import { apiErrorSchema } from '../../schemas/index.js';
import { API_OPERATIONS, type ApiOperation } from './api-operations.js';

/** Schemas of the document that are referred to by name. */
interface Shared {
  schemas: Record<string, object>;
  /** Names by what is defined. */
  names: Map<string, string>;
}

/** The OpenAPI 3.1 document of the API, made from the schemas that requests and answers are held to. */
export function openApiDocument(): { openapi: string } & Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const shared: Shared = { schemas: {}, names: new Map() };
  shared.schemas['Error'] = jsonSchema(apiErrorSchema, 'output', shared);
  for (const operation of API_OPERATIONS) {
    (paths[`/api/v1${operation.path}`] ??= {})[operation.method.toLowerCase()] = describe(operation, shared);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace lineage',
      version: '1',
      description:
        'What was read and written by what. Errors carry a stable code, every problem by path, and a remedy.',
    },
    paths,
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Needed once the owner has a token.' } },
      schemas: shared.schemas,
    },
  };
}

function describe(operation: ApiOperation, shared: Shared): Record<string, unknown> {
  const { method, path, summary, query, body, answer, scope } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: operationId(method, path),
    summary,
    ...(scope === null ? { security: [] } : {}),
    parameters: [...inPath, ...(query === undefined ? [] : queryParameters(query, shared))],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(jsonSchema(body, 'input', shared)) } }),
    responses: {
      ...(answer === undefined && method === 'GET'
        ? { 200: { description: summary, content: { 'application/octet-stream': {} } } }
        : {}),
      ...(answer === undefined && method !== 'GET' ? { 204: { description: 'Done.' } } : {}),
      ...(answer === undefined
        ? {}
        : { 200: { description: summary, content: json(jsonSchema(answer, 'output', shared)) } }),
      default: { description: 'An error.', content: json({ $ref: '#/components/schemas/Error' }) },
    },
  };
}

function operationId(method: string, path: string): string {
  const words = path.replace(/\.json$/, '').split(/[/{}-]+/);
  return [method.toLowerCase(), ...words.filter((word) => word !== '')]
    .map((word, index) => (index === 0 ? word : word[0]?.toUpperCase() + word.slice(1)))
    .join('');
}

function queryParameters(query: z.ZodObject, shared: Shared): unknown[] {
  const { properties = {}, required = [] } = jsonSchema(query, 'input', shared) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema,
  }));
}

/**
 * A schema as it stands in the document. Zod writes what refers to itself under `$defs` and refers to it from the schema’s own root; the
 * document has another root, so these definitions are moved to its components, each once.
 */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', shared: Shared): object {
  const whole: Record<string, unknown> = { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
  delete whole.$schema; // OpenAPI 3.1 has the same dialect
  const { $defs: definitions = {}, ...rest } = whole as { $defs?: Record<string, object> };
  const names: Record<string, string> = {};
  for (const name of Object.keys(definitions)) {
    const key = JSON.stringify([name, definitions]);
    names[name] = shared.names.get(key) ?? `Shared${shared.names.size + 1}`;
    shared.names.set(key, names[name]);
  }
  for (const [name, definition] of Object.entries(definitions)) {
    shared.schemas[names[name]!] = withReferences(definition, names);
  }
  return withReferences(rest, names);
}

function withReferences(schema: object, names: Record<string, string>): object {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value;
    return value.replace(/^#\/\$defs\/(.*)$/, (_, name: string) => `#/components/schemas/${names[name]}`);
  }) as object;
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}
