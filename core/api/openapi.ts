import { z } from 'zod';
import { ERROR_TABLE } from './error-table.ts';
import { API_ROOT, type Operation, ROUTES } from './routes.ts';
import { SCHEMAS, type Schema } from './schemas.ts';

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

/** The problem+json body of every refusal (RFC 9457). */
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(ERROR_TABLE) },
    remedy: { type: 'string' },
    rule: { type: 'string' },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    requestId: { type: 'string' },
  },
};

function operation(name: Operation) {
  const { method, summary } = ROUTES[name];
  const schema: Schema = SCHEMAS[name];
  const parameters = (place: 'path' | 'query', object: z.ZodObject | undefined) => {
    if (object === undefined) return [];
    const { properties = {}, required = [] } = jsonSchema(object, 'input');
    return Object.entries(properties).map(([key, value]) => ({
      name: key,
      in: place,
      required: required.includes(key),
      schema: value,
    }));
  };
  return {
    operationId: name,
    summary,
    parameters: [...parameters('path', schema.params), ...parameters('query', schema.query)],
    ...(schema.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(schema.body, 'input') } },
      },
    }),
    ...('file' in ROUTES[name] && {
      requestBody: { required: true, content: { 'application/octet-stream': {} } },
    }),
    responses: {
      [method === 'post' ? '201' : '200']: {
        description: 'Done',
        content: { 'application/json': { schema: jsonSchema(schema.response, 'output') } },
      },
      default: {
        description: 'Refused',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
    security: [{ basic: [] }, { bearer: [] }, {}],
  };
}

/** The OpenAPI 3.1 document of the API, made from the very schemas that parse the requests. */
export function openApiDocument(version: string, url: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(ROUTES) as Operation[]) {
    const path = ROUTES[name].path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [ROUTES[name].method]: operation(name) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'SCL dist-git', version, license: { name: 'Apache-2.0' } },
    servers: [{ url: `${url}${API_ROOT}` }],
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'Any user name, the token as password',
        },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}
