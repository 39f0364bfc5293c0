import { Readable } from 'node:stream';
import { type Request, type Response, Router } from 'express';
import { DistGitError, fail, refused } from '../../core/api/distgit-error.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { requireUser } from '../access/audit.ts';
import { advertisementArgs, type GitService } from '../git/git.ts';
import { type GitSlots, MAX_FETCH_REQUEST } from '../git/git-slots.ts';
import { LS_REFS, lsRefsAnswer, parseLsRefs } from '../git/ls-refs.ts';
import type { Refs } from '../git/refs.ts';
import { requireRepository } from '../git/require-repository.ts';
import { PushAdvice } from '../pushes/push-advice.ts';
import { type PushStage, type ReceivePackDeps, startReceivePack } from '../pushes/receive-pack.ts';
import { requirePush } from '../pushes/require-push.ts';
import { contextOf, letBodyCome } from './request-state.ts';
import { requestBody, serveGit } from './serve-git.ts';

export interface GitRouteDeps extends ReceivePackDeps {
  readonly namespace: string;
  readonly refs: Refs;
  readonly slots: GitSlots;
  readonly maxPushSize: number;
}

/** Bytes of a question for refs that is answered here; git answers larger ones. */
const MAX_LS_REFS = 16 * 1024;

const PUSH_ARGS = ['--stateless-rpc'];

/** Smart HTTP (git's `gitprotocol-http`); the dumb protocol is not offered. */
export function gitRoutes(deps: GitRouteDeps): Router {
  const router = Router();
  const base = `/${deps.namespace}/:repository`;
  router.get(`${base}/info/refs`, async (req, res) => {
    const component = componentOf(req);
    const { service } = req.query;
    if (service === 'git-receive-pack') await requirePush(deps, contextOf(req, res), component);
    else if (service !== 'git-upload-pack')
      refused(
        'smart-http-only',
        'Only smart HTTP is served here.',
        'Use git 1.6.6 or later, and clone the URL without anything behind it.',
      );
    const repository = await requireRepository(deps, component);
    const protocol = protocolOf(req);
    res.setHeader('Content-Type', `application/x-${service}-advertisement`);
    noCache(res);
    const version = versionOf(protocol);
    // As http-backend does it: a fetch by version 2 begins without the announcement.
    const prefix = service === 'git-upload-pack' && version === 2 ? '' : announcement(service);
    const known = await deps.refs.advertisement(repository, service, version);
    if (known !== null) {
      if (service === 'git-receive-pack') res.once('finish', () => announcePush(deps, req, res));
      res.send(Buffer.concat([Buffer.from(prefix), known]));
      return;
    }
    await serveGit(deps.slots, res, {
      start: () =>
        deps.git.spawn(advertisementArgs(service, repository), {
          env: protocol === null ? {} : { GIT_PROTOCOL: protocol },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      prefix,
    });
  });

  router.post(`${base}/git-upload-pack`, async (req, res) => {
    requireType(req, 'git-upload-pack');
    const repository = await requireRepository(deps, componentOf(req));
    const protocol = protocolOf(req);
    prepareResult(res, 'git-upload-pack');
    letBodyCome(res);
    let body = requestBody(req, MAX_FETCH_REQUEST);
    if (versionOf(protocol) === 2) {
      const [start, whole] = await peeked(body, MAX_LS_REFS);
      const answer = await answerLsRefs(deps.refs, repository, start);
      if (answer !== null) {
        res.send(answer);
        return;
      }
      body = whole;
    }
    await serveGit(deps.slots, res, {
      start: () =>
        deps.git.spawn(['upload-pack', '--stateless-rpc', repository], {
          env: protocol === null ? {} : { GIT_PROTOCOL: protocol },
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      body,
      stopEarly: true,
    });
  });

  router.post(`${base}/git-receive-pack`, async (req, res) => {
    requireType(req, 'git-receive-pack');
    const name = componentOf(req);
    const context = contextOf(req, res);
    const component = await requirePush(deps, context, name);
    await requireRepository(deps, name);
    prepareResult(res, 'git-receive-pack');
    letBodyCome(res);
    let end: Promise<PushStage> = Promise.resolve('moved');
    await serveGit(deps.slots, res, {
      start: async () => {
        const started = await startReceivePack(
          deps,
          { ...context, principal: requireUser(context) },
          component,
          PUSH_ARGS,
          protocolOf(req),
        );
        ({ end } = started);
        return started.process;
      },
      // The pack itself is limited by git; this stops what is no pack at all.
      body: requestBody(req, deps.maxPushSize + MAX_FETCH_REQUEST),
      through: new PushAdvice(() => end),
    });
  });

  router.all(
    [`${base}/git-upload-pack`, `${base}/git-receive-pack`, `${base}/info/refs`],
    (_req, res) => {
      res.setHeader('Allow', 'GET, POST');
      throw new DistGitError('method_not_allowed', 'git does not ask like this.');
    },
  );
  router.use(`/${deps.namespace}`, () => {
    fail('not_found', 'There is nothing here.', 'Use git: git clone URL');
  });
  return router;
}

/** Who has asked for the refs to push to packs now; the git that takes the pack starts meanwhile. */
function announcePush(deps: GitRouteDeps, req: Request, res: Response): void {
  deps.receiving.announce({
    repository: deps.repositories.path(componentOf(req)),
    user: requireUser(contextOf(req, res)).name,
    args: PUSH_ARGS,
    protocol: protocolOf(req),
  });
}

/**
 * Answers a question for refs without a git.
 * @returns null for any other request: that is for git
 */
async function answerLsRefs(refs: Refs, repository: string, body: Buffer): Promise<Buffer | null> {
  const request = parseLsRefs(body);
  const advertised = request === null ? null : await refs.list(repository);
  return request === null || advertised === null ? null : lsRefsAnswer(advertised, request);
}

/**
 * Reads the beginning of a body: an `ls-refs` request of up to `limit` bytes as a whole.
 * @returns what was read, and the body with that still in it
 */
async function peeked(body: Readable, limit: number): Promise<[Buffer, Readable]> {
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let start: Buffer = Buffer.alloc(0);
  while (start.length < limit) {
    if (start.length > 30 && !LS_REFS.test(start.toString('latin1', 0, 30))) break;
    const next = await iterator.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield start;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return [start, Readable.from(whole(), { objectMode: false })];
}

function componentOf(req: Request) {
  const { repository = '' } = req.params as { repository?: string };
  return parseComponentName(repository.replace(/\.git$/, ''));
}

/** git's own limit of what it understands; anything else is version 0. */
function protocolOf(req: Request): string | null {
  const header = req.headers['git-protocol'];
  return typeof header === 'string' && /^[\w.=:-]{1,200}$/.test(header) ? header : null;
}

/** The version that git takes from it: the highest that it knows. */
function versionOf(protocol: string | null): 0 | 1 | 2 {
  const keys = protocol?.split(':') ?? [];
  if (keys.includes('version=2')) return 2;
  return keys.includes('version=1') ? 1 : 0;
}

function requireType(req: Request, service: GitService): void {
  if (req.headers['content-type'] !== `application/x-${service}-request`)
    fail('media_type_unsupported', `The content type must be application/x-${service}-request.`);
}

function prepareResult(res: Response, service: GitService): void {
  res.setHeader('Content-Type', `application/x-${service}-result`);
  noCache(res);
}

function noCache(res: Response): void {
  res.setHeader('Cache-Control', 'no-cache, max-age=0, must-revalidate');
}

function announcement(service: GitService): string {
  const line = `# service=${service}\n`;
  return `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
}
