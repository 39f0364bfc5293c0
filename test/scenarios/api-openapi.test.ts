import { beforeAll, describe, expect, it } from 'vitest';
import { API_ROOT, type Operation, ROUTES } from '../../core/api/routes.ts';
import { SCHEMAS, type Schema } from '../../core/api/schemas.ts';
import { scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
const NAMES = Object.keys(ROUTES) as Operation[];
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: object;
}
interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; content: object }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

let text: string;
let document: Document;
beforeAll(async () => {
  const response = await fetch(`${scenario.server.url}/openapi.json`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  text = await response.text();
  document = JSON.parse(text) as Document;
});

const operations = (): (readonly [string, string, OperationObject])[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [path, method, operation] as const),
  );

describe('/openapi.json', () => {
  it('has the head of an OpenAPI 3.1 document', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info.title).not.toBe('');
    expect(document.info.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(document.servers).toEqual([{ url: `${scenario.server.url}${API_ROOT}` }]);
    const known = /^(openapi|info|servers|paths|components|security|tags)$/;
    expect(Object.keys(document).filter((key) => !known.test(key))).toEqual([]);
  });

  it('lists every route, and no other', () => {
    const listed = operations().map(([path, method, { operationId }]) =>
      [operationId, method, path].join(' '),
    );
    const wanted = NAMES.map((name) =>
      [name, ROUTES[name].method, ROUTES[name].path.replace(/:(\w+)/g, '{$1}')].join(' '),
    );
    expect(listed.toSorted()).toEqual(wanted.toSorted());
    expect(new Set(listed).size).toBe(NAMES.length);
  });

  it('has well-formed operations', () => {
    for (const [path, method, operation] of operations()) {
      expect(path).toMatch(/^\/[\w/{}-]+$/);
      expect(METHODS).toContain(method);
      expect(operation.summary).not.toBe('');
      for (const answer of Object.values(operation.responses)) {
        expect(answer.description).not.toBe('');
        expect(Object.keys(answer.content)).toHaveLength(1);
      }
      expect(Object.keys(operation.responses).every((key) => /^(default|\d{3})$/.test(key))).toBe(
        true,
      );
    }
  });

  it('states each parameter of a path as required, and no parameter twice', () => {
    for (const [path, , { parameters }] of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(inPath.map(({ name }) => name)).toEqual(names);
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(keys).size).toBe(keys.length);
      expect(parameters.every(({ schema }) => typeof schema === 'object')).toBe(true);
    }
  });

  it('states a body where there is one, with the fields that the server reads', () => {
    for (const [, method, operation] of operations()) {
      const schema: Schema = SCHEMAS[operation.operationId as Operation];
      const body = operation.requestBody?.content['application/json']?.schema as
        | { properties: object; additionalProperties: boolean }
        | undefined;
      expect(Object.keys(body?.properties ?? {})).toEqual(Object.keys(schema.body?.shape ?? {}));
      if (body !== undefined) expect(body.additionalProperties).toBe(false);
      if (method === 'get' || method === 'delete') expect(body).toBeUndefined();
    }
  });

  it('names nothing that is not in it', () => {
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      expect(ref).toMatch(/^#\//);
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(found).toBeTypeOf('object');
    }
    for (const [, , operation] of operations())
      for (const one of (operation as { security?: object[] }).security ?? [])
        for (const scheme of Object.keys(one))
          expect(document.components.securitySchemes).toHaveProperty(scheme);
  });

  it('describes errors as they are', async () => {
    const answer = await fetch(`${scenario.server.url}${API_ROOT}/collections`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${scenario.server.adminToken}`,
      },
      body: '{"name":"/","sig":"/","releases":[]}',
    });
    const problem = document.components.schemas?.Problem as {
      required: string[];
      properties: Record<string, unknown>;
    };
    const keys = Object.keys((await answer.json()) as object);
    expect(keys.filter((key) => !(key in problem.properties))).toEqual([]);
    expect(problem.required.filter((key) => !keys.includes(key))).toEqual([]);
  });
});
