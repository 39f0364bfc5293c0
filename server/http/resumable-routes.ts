import { type Request, type RequestHandler, type Response, Router } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { PIECE_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../core/api/tus.ts';
import { parseUploadId } from '../../core/domain/upload-id.ts';
import { parseByteCount, parseUploadMetadata } from '../../core/domain/upload-metadata.ts';
import type { RequestContext } from '../access/audit.ts';
import type { PartialUpload } from '../lookaside/partial-files.ts';
import {
  abandonUpload,
  appendPiece,
  beginUpload,
  findUpload,
  type Progressed,
  type ResumableDeps,
} from '../lookaside/resumable-upload.ts';
import type { Metrics } from '../observability/metrics.ts';
import { bodyLength, contextOf, fileTime, letBodyCome } from './request-state.ts';

export interface ResumableRouteDeps extends ResumableDeps {
  readonly metrics: Metrics;
  readonly namespace: string;
  /** How clients reach the server. */
  url(): string;
  /** Asked again when an upload is whole: hours may have passed. */
  readonly login: RequestHandler;
}

type Methods = Readonly<Record<string, (req: Request, res: Response) => Promise<void> | void>>;

/**
 * Uploads that go on after a broken connection, as tus 1.0.0 has them: core protocol, creation,
 * expiration, termination. An upload is whole in the words of the protocol only when the file is in
 * the look-aside cache; until then its last byte counts as missing.
 */
export function resumableRoutes(deps: ResumableRouteDeps): Router {
  const router = Router();
  const options = (_req: Request, res: Response): void => {
    res.set({
      'Tus-Version': TUS_VERSION,
      'Tus-Extension': 'creation,expiration,termination',
      'Tus-Max-Size': String(deps.maxUploadSize),
    });
    res.status(204).end();
  };
  const told = (res: Response, { upload, result }: Progressed): void => {
    if (result !== null && !result.existed) deps.metrics.uploaded(result.size);
    tell(res, upload);
  };
  const create = async (req: Request, res: Response): Promise<void> => {
    const metadata = one(req, 'upload-metadata') ?? '';
    const { address, mtime } = parseUploadMetadata(metadata, deps.namespace);
    const time = mtime === null ? new Date() : fileTime(mtime);
    const begun = await beginUpload(deps, contextOf(req, res), {
      address,
      size: parseByteCount('Upload-Length', one(req, 'upload-length')),
      mtime: time ?? fail('input_invalid', 'The mtime is beyond the year 9999.'),
      metadata,
    });
    // Without a host: whatever name the client reaches the server by stays right.
    const root = new URL(deps.url()).pathname.replace(/\/+$/, '');
    res.setHeader('Location', `${root}${UPLOADS_PATH}/${begun.upload.id}`);
    told(res, begun);
    res.status(201).end();
  };
  const head = async (req: Request, res: Response): Promise<void> => {
    const upload = await findUpload(deps, contextOf(req, res), parseUploadId(idOf(req)));
    tell(res, upload);
    res.set({ 'Upload-Length': String(upload.size), 'Upload-Metadata': upload.metadata });
    res.status(200).end();
  };
  const patch = async (req: Request, res: Response): Promise<void> => {
    const id = parseUploadId(idOf(req));
    if (one(req, 'content-type') !== PIECE_TYPE)
      fail('media_type_unsupported', `A piece of an upload is ${PIECE_TYPE}.`);
    const done = await appendPiece(deps, contextOf(req, res), id, {
      offset: parseByteCount('Upload-Offset', one(req, 'upload-offset')),
      length: bodyLength(req),
      open: () => {
        letBodyCome(res);
        return req;
      },
      cut: () => req.destroy(),
      renew: () => {
        // Nothing passes while a large file is hashed and stored; it is not idle for that.
        req.socket.setTimeout(0);
        return renewed(deps.login, req, res);
      },
    });
    told(res, done);
    res.status(204).end();
  };
  const terminate = async (req: Request, res: Response): Promise<void> => {
    await abandonUpload(deps, contextOf(req, res), parseUploadId(idOf(req)));
    res.status(204).end();
  };
  router.all(UPLOADS_PATH, byMethod({ OPTIONS: options, POST: create }));
  router.all(
    `${UPLOADS_PATH}/:id`,
    byMethod({ OPTIONS: options, HEAD: head, PATCH: patch, DELETE: terminate }),
  );
  return router;
}

/** What every request of the protocol has in common. */
function byMethod(methods: Methods): RequestHandler {
  return async (req, res) => {
    res.setHeader('Tus-Resumable', TUS_VERSION);
    res.setHeader('Cache-Control', 'no-store');
    // For clients that can not say PATCH or DELETE.
    const method = one(req, 'x-http-method-override') ?? req.method;
    const handle = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handle === undefined) {
      const allowed = Object.keys(methods).join(', ');
      res.setHeader('Allow', allowed);
      throw new DistGitError('method_not_allowed', `Only ${allowed} is possible here.`);
    }
    if (method !== 'OPTIONS' && one(req, 'tus-resumable') !== TUS_VERSION) {
      res.setHeader('Tus-Version', TUS_VERSION);
      fail(
        'version_unsupported',
        'The request does not say the version of the protocol that is spoken here.',
        `Send Tus-Resumable: ${TUS_VERSION}`,
      );
    }
    await handle(req, res);
  };
}

/** A header that is there once, or not at all. */
function one(req: Request, name: string): string | undefined {
  const values = req.headersDistinct[name] ?? [];
  if (values.length > 1) fail('input_invalid', `The header ${name} is there more than once.`);
  return values[0];
}

function idOf(req: Request): string {
  return String(req.params.id);
}

function tell(res: Response, { offset, expires, stored }: PartialUpload): void {
  res.setHeader('Upload-Offset', String(offset));
  if (!stored) res.setHeader('Upload-Expires', expires.toUTCString());
}

/** Logs in once more. @throws DistGitError where the credentials do not hold any longer */
async function renewed(
  login: RequestHandler,
  req: Request,
  res: Response,
): Promise<RequestContext> {
  await new Promise<void>((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    void login(req, res, next);
  });
  return contextOf(req, res);
}
