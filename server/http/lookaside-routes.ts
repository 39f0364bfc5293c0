import type { Readable } from 'node:stream';
import { type Request, type Response, Router } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import {
  BRANCH_LAYOUT_ROOT,
  DOWNLOAD_ROOTS,
  UPLOAD_CGI,
  type UploadDialect,
} from '../../core/domain/lookaside-addresses.ts';
import {
  parseBranchLayout,
  parseLookasideSegments,
  type SourceAddress,
} from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import {
  openSource,
  requireContent,
  requireSource,
  sourcePath,
  sourceUrl,
} from '../lookaside/open-source.ts';
import { acceptUpload } from '../lookaside/upload-source.ts';
import { spentMemory } from '../storage/spent-memory.ts';
import { CENTOS_BRANCH_UPLOAD, CENTOS_SIG_UPLOAD } from './centos-upload.ts';
import { bodyLength, contextOf, fileTime, letBodyCome } from './request-state.ts';
import { RPKG_UPLOAD } from './rpkg-upload.ts';
import { type UploadCgi, type UploadCgiDeps, uploadCgi } from './upload-cgi.ts';

export interface LookasideRouteDeps extends UploadCgiDeps {
  /** A front sends the files of the folder store by itself, where it is told to. */
  readonly accel: boolean;
}

const DIALECTS: Readonly<Record<UploadDialect, UploadCgi>> = {
  rpkg: RPKG_UPLOAD,
  centosBranch: CENTOS_BRANCH_UPLOAD,
  centosSig: CENTOS_SIG_UPLOAD,
};

/** The look-aside cache: every upload.cgi, a plain PUT, and downloads by every known template. */
export function lookasideRoutes(deps: LookasideRouteDeps): Router {
  const router = Router();
  for (const dialect of Object.keys(DIALECTS) as UploadDialect[])
    router.post([...UPLOAD_CGI[dialect]], uploadCgi(deps, DIALECTS[dialect]));

  router.put('/lookaside/:component/:file/:type/:hash', async (req, res) => {
    const { component, file, type, hash } = req.params;
    const address: SourceAddress = {
      component: parseComponentName(component),
      file: parseSourceFileName(file),
      checksum: parseChecksum(type, hash),
    };
    const mtime = modificationTime(req);
    const upload = await acceptUpload(deps, contextOf(req, res), address, bodyLength(req));
    const atMost = bodyLength(req);
    if (atMost !== null && atMost > deps.maxUploadSize)
      fail('too_large', 'The file is larger than the limit of one upload.', 'Nothing was stored.');
    letBodyCome(res);
    const { size, existed } = await upload({ body: req, mtime: () => mtime });
    if (!existed) deps.metrics.uploaded(size);
    res.status(existed ? 200 : 201).json({ size, existed });
  });

  router.get(`${BRANCH_LAYOUT_ROOT}/*path`, async (req, res, next) => {
    const content = parseBranchLayout(req.params.path);
    if (content === null) next();
    else await download(deps, req, res, await requireContent(deps.sources, content));
  });
  for (const root of DOWNLOAD_ROOTS)
    router.get(`${root}/*path`, async (req, res, next) => {
      const { path } = req.params;
      // "/lookaside/pkgs/…" also matches "/lookaside/*path"; only the right root has the shape.
      let address: SourceAddress;
      try {
        address = parseLookasideSegments(path, deps.namespace);
      } catch (error) {
        next(error instanceof DistGitError && /\/(pkgs|rpms)$/.test(root) ? undefined : error);
        return;
      }
      await download(deps, req, res, address);
    });
  return router;
}

/** The file's time as the client states it in `Last-Modified`; else now. */
function modificationTime(req: Request): Date {
  const header = req.headers['last-modified'];
  if (header === undefined) return new Date();
  const time = fileTime(Date.parse(header));
  return (
    time ??
    fail('input_invalid', 'Last-Modified is not an HTTP date.', 'Leave it out, or correct it.')
  );
}

/** GET and HEAD: ranges, validators, cacheable for ever, and never re-encoded. */
async function download(
  deps: LookasideRouteDeps,
  req: Request,
  res: Response,
  address: SourceAddress,
): Promise<void> {
  const { size, mtime } = await requireSource(deps.sources, address);
  const etag = `"${address.checksum.hex}"`;
  res.set({
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment',
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'public, max-age=31536000, immutable, no-transform',
    ETag: etag,
    'Last-Modified': mtime.toUTCString(),
  });
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  const range = wantedRange(req, size, etag);
  if (range === 'unsatisfiable') {
    for (const header of ['ETag', 'Cache-Control', 'Last-Modified', 'Content-Disposition'])
      res.removeHeader(header);
    res.setHeader('Content-Range', `bytes */${size}`);
    fail('range_unsatisfiable', `The file has ${size} bytes.`, 'Ask for a range inside of it.');
  }
  res.status(range === null ? 200 : 206);
  if (range !== null) res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  res.setHeader('Content-Length', range === null ? size : range.end - range.start + 1);
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  let body: Awaited<ReturnType<typeof openSource>>;
  try {
    // nginx knows no validator of ours, so that whoever resumes by one is served here.
    if (deps.accel && req.headers['if-range'] === undefined) {
      accelerate(res, await sourcePath(deps.store, address));
      return;
    }
    const elsewhere = await sourceUrl(deps.store, address);
    if (elsewhere !== null) {
      redirect(res, elsewhere);
      return;
    }
    body = await openSource(deps.store, address, range ?? undefined);
  } catch (error) {
    for (const header of ['Content-Length', 'Content-Range', 'ETag', 'Cache-Control'])
      res.removeHeader(header);
    throw error;
  }
  send(body, res);
}

/** Frees the memory of what was sent: that of a gigabyte, page by page, takes as long as to send it. */
function send(body: Readable, res: Response): void {
  const spent = spentMemory();
  body.on('data', (piece: Buffer) => {
    const sent = (error?: Error | null): void => {
      // The line may have broken before anybody listened; who still reads the piece is not known.
      if (error) body.destroy();
      else spent(piece);
    };
    if (!res.write(piece, sent)) body.pause();
  });
  body.on('end', () => res.end());
  body.on('error', () => res.destroy());
  res.on('drain', () => body.resume());
  res.on('close', () => body.destroy());
}

/** The answer at `url`, which is the client's for a while only, stands for ours. */
function redirect(res: Response, url: string): void {
  for (const header of res.getHeaderNames())
    if (/^(content-|etag|last-modified|accept-ranges)/.test(header)) res.removeHeader(header);
  res.set({ 'Cache-Control': 'no-store', Location: url });
  res.status(307).end();
}

/** nginx sends the file in our place, and takes care of ranges; see `deploy/nginx.conf`. */
function accelerate(res: Response, path: string): void {
  for (const header of ['Content-Length', 'Content-Range', 'Accept-Ranges', 'Last-Modified'])
    res.removeHeader(header);
  res.set('X-Accel-Redirect', `/internal/lookaside/${path}`).status(200).end();
}

/** One range, as clients that resume ask for it; several are answered with the whole file. */
function wantedRange(req: Request, size: number, etag: string) {
  const condition = req.headers['if-range'];
  if (condition !== undefined && condition !== etag) return null;
  const ranges = req.range(size);
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1)
    return null;
  return ranges[0] ?? null;
}
