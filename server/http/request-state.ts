import type { Request, Response } from 'express';
import type { Principal } from '../../core/access/principal.ts';
import { ANONYMOUS } from '../../core/access/principal.ts';
import { isUploadCgi } from '../../core/domain/lookaside-addresses.ts';
import type { RequestContext } from '../access/audit.ts';

/** How errors of a route are written: problem+json, for git, or as upload.cgi does. */
export type Dialect = 'api' | 'git' | 'upload-cgi';

/** Known from the path alone, so that an error before the route speaks it too. */
export function dialectOf(path: string, namespace: string): Dialect {
  if (path.startsWith(`/${namespace}/`)) return 'git';
  return isUploadCgi(path) ? 'upload-cgi' : 'api';
}

export interface RequestState {
  readonly requestId: string;
  readonly dialect: Dialect;
  /** The client's IP address: of the front's client, where there is a front. */
  readonly address: string;
  /** The client waits for `100 Continue` before it sends its body. */
  expectsContinue: boolean;
}

/** What the first middleware noted of a request. */
export function stateOf(res: Response): RequestState {
  return res.locals as unknown as RequestState;
}

export function contextOf(req: Request, res: Response): RequestContext {
  return {
    requestId: stateOf(res).requestId,
    address: stateOf(res).address,
    principal: (req.user as Principal | undefined) ?? ANONYMOUS,
  };
}

/** Bytes of the body, where the client says so; null for chunked bodies. */
export function bodyLength(req: Request): number | null {
  const header = req.headers['content-length'];
  return header === undefined ? null : Number(header);
}

/** The last second that dates of four-digit years have: 9999-12-31 23:59:59. */
const LAST_TIME = 253_402_300_799_000;

/** A file's time that both HTTP and the database can say; null for any other. */
export function fileTime(milliseconds: number): Date | null {
  return milliseconds >= 0 && milliseconds <= LAST_TIME ? new Date(milliseconds) : null;
}

/** Called right before a body is read: everything that could refuse it has been asked. */
export function letBodyCome(res: Response): void {
  const state = stateOf(res);
  if (!state.expectsContinue) return;
  state.expectsContinue = false;
  res.writeContinue();
}
