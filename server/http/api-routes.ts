import { json, type RequestHandler, Router } from 'express';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { type FileOperation, type Operation, ROUTES } from '../../core/api/routes.ts';
import { type ApiOutput, type ApiParsed, SCHEMAS, type Schema } from '../../core/api/schemas.ts';
import type { RequestContext } from '../access/audit.ts';
import { contextOf, letBodyCome } from './request-state.ts';

/** One function per operation that takes no file: parsed input in, the answer's object out. */
export type ApiHandlers = {
  readonly [O in Exclude<Operation, FileOperation>]: (
    context: RequestContext,
    input: ApiParsed<O>,
  ) => Promise<ApiOutput<O>> | ApiOutput<O>;
};

/** The JSON API: what `ROUTES` lists, parsed by `SCHEMAS`, done by `handlers`. */
export function apiRoutes(handlers: ApiHandlers): Router {
  const router = Router();
  for (const operation of Object.keys(handlers) as (keyof ApiHandlers)[]) {
    const { method, path } = ROUTES[operation];
    const schema: Schema = SCHEMAS[operation];
    const parse = schema.body === undefined ? [] : [readJson];
    router[method](path, ...parse, async (req, res) => {
      const input = parseInput(schema, {
        path: req.params,
        query: req.query,
        body: req.body ?? {},
      });
      const handler = handlers[operation] as (
        context: RequestContext,
        input: unknown,
      ) => Promise<unknown>;
      const answer = await handler(contextOf(req, res), input);
      res.setHeader('Cache-Control', 'no-store');
      res.status(method === 'post' ? 201 : 200).json(answer);
    });
  }
  for (const [path, methods] of methodsByPath())
    router.all(path, (_req, res) => {
      res.setHeader('Allow', methods.join(', ').toUpperCase());
      throw new DistGitError(
        'method_not_allowed',
        `Only ${methods.join(', ').toUpperCase()} is possible here.`,
      );
    });
  return router;
}

function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of Object.values(ROUTES))
    methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

const jsonBody = json({ limit: '1mb', strict: true });
const readJson: RequestHandler = (req, res, next) => {
  const hasBody = req.headers['content-length'] !== '0' && req.is('*/*') !== null;
  if (hasBody && !req.is('application/json'))
    throw new DistGitError('media_type_unsupported', 'The body must be application/json.');
  letBodyCome(res);
  jsonBody(req, res, next);
};

/** @throws DistGitError `input_invalid` with every problem of path, query and body */
export function parseInput(
  schema: Schema,
  given: { readonly path: unknown; readonly query: unknown; readonly body: unknown },
): object {
  const parts = [
    ['path', schema.params],
    ['query', schema.query],
    ['body', schema.body],
  ] as const;
  const input: object = {};
  const problems: { path: string; message: string }[] = [];
  for (const [where, part] of parts) {
    const parsed = part?.safeParse(given[where]);
    if (parsed?.success === true) Object.assign(input, parsed.data);
    for (const issue of parsed?.error?.issues ?? [])
      problems.push({ path: [where, ...issue.path].join('.'), message: issue.message });
  }
  const [first] = problems;
  if (first === undefined) return input;
  if (problems.length === 1)
    throw new DistGitError('input_invalid', `${first.path}: ${first.message}`);
  throw new DistGitError('input_invalid', `The request has ${problems.length} problems.`, {
    detail: { problems },
  });
}
