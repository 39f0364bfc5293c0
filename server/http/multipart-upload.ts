import type { Readable, Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { PartCounter } from './form-parts.ts';

/** The text fields of a form; repeated ones as multer leaves them. */
export type FormFields = Readonly<Record<string, unknown>>;

export interface IncomingPart {
  /** The name the client gave, unparsed. */
  readonly fileName: string;
  readonly body: Readable;
}

export interface FormHandler {
  /**
   * Called as soon as the file begins, with the fields that came before it; reads the file to its
   * end. `rest()` gives all fields, once the form has ended: not before the file was read.
   */
  file(part: IncomingPart, before: FormFields, rest: Promise<FormFields>): Promise<void>;
}

/** Far above any client's form, far below what would hurt. */
const LIMITS = {
  fields: 20,
  files: 1,
  parts: 21,
  fieldSize: 4096,
  fieldNameSize: 100,
  headerPairs: 20,
  fieldNestingDepth: 0,
};
/** Bytes gathered before a piece of the file is handed on. */
const PIECE = 256 * 1024;

/**
 * Reads a multipart form with multer and an engine of our own: the file is streamed to `handler`.
 * @returns the fields, and whether there was a file; a form without one has nothing but fields, so
 * that no upload whose file can not be read passes for a question. A refusal is thrown at once: multer itself
 * would read the whole body first.
 */
export function readForm(
  req: Request,
  res: Response,
  handler: FormHandler,
): Promise<{ fields: FormFields; hadFile: boolean }> {
  if (!req.is('multipart/form-data'))
    throw new DistGitError('media_type_unsupported', 'The body must be multipart/form-data.');
  let hadFile = false;
  let fieldsSeen = 0;
  const counter = new PartCounter(req.headers['content-type'] ?? '');
  const count = (chunk: Buffer): void => counter.see(chunk);
  const fields = (): FormFields => ({ ...(req.body as FormFields | undefined) });
  return new Promise((resolve, reject) => {
    const {
      promise: rest,
      resolve: formEnded,
      reject: broken,
    } = Promise.withResolvers<FormFields>();
    rest.catch(() => {});
    req.once('close', () => {
      if (!req.readableEnded) broken(new Error('The request broke off.'));
    });
    const engine: multer.StorageEngine = {
      _handleFile(_req, file, done) {
        hadFile = true;
        req.off('data', count);
        const part = { fileName: file.originalname, body: file.stream };
        handler.file(part, fields(), rest).then(
          () => done(null, {}),
          (error: unknown) => {
            reject(error);
            file.stream.resume();
            done(error);
          },
        );
      },
      _removeFile(_req, _file, done) {
        done(null);
      },
    };
    // The parser knows when the form has ended, and whether as a form must; the request's own end
    // comes before that.
    const streamHandler = (source: Request, parser: Writable): void => {
      parser.once('finish', () => formEnded(fields()));
      parser.once('error', (cause: Error) =>
        broken(new DistGitError('input_invalid', 'The form is not valid multipart.', { cause })),
      );
      parser.on('field', () => fieldsSeen++);
      source.on('data', count);
      source.pipe(parser);
    };
    const options = {
      storage: engine,
      streamHandler,
      limits: LIMITS,
      preservePath: true,
      defParamCharset: 'utf8',
      highWaterMark: PIECE,
      fileHwm: PIECE,
    };
    const read = multer(options).single('file');
    read(req, res, (error: unknown) => {
      if (error !== undefined && error !== null) reject(error);
      else if (!hadFile && (fieldsSeen !== counter.parts || 'file' in fields()))
        reject(new DistGitError('input_invalid', 'A part of the form is no field and no file.'));
      else resolve({ fields: fields(), hadFile });
    });
  });
}
