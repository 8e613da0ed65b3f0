import { z } from 'zod';
import { apiErrorSchema } from '../../schemas/index.js';
import { API_OPERATIONS, type ApiOperation } from './api-operations.js';

/** The OpenAPI 3.1 document of the API, made from the schemas that requests and answers are held to. */
export function openApiDocument(): { openapi: string } & Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of API_OPERATIONS) {
    (paths[`/api/v1${operation.path}`] ??= {})[operation.method.toLowerCase()] = describe(operation);
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
      schemas: { Error: jsonSchema(apiErrorSchema, 'output') },
    },
  };
}

function describe({ method, path, summary, query, body, answer, scope }: ApiOperation): Record<string, unknown> {
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
    parameters: [...inPath, ...(query === undefined ? [] : queryParameters(query))],
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(jsonSchema(body, 'input')) } }),
    responses: {
      ...(answer === undefined && method === 'GET'
        ? { 200: { description: summary, content: { 'application/octet-stream': {} } } }
        : {}),
      ...(answer === undefined && method !== 'GET' ? { 204: { description: 'Done.' } } : {}),
      ...(answer === undefined ? {} : { 200: { description: summary, content: json(jsonSchema(answer, 'output')) } }),
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

function queryParameters(query: z.ZodObject): unknown[] {
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
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

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const whole: Record<string, unknown> = { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
  delete whole.$schema; // OpenAPI 3.1 has the same dialect
  return whole;
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}
