import type { RequestHandler } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Checksum, HASH_TYPES, parseChecksum } from '../../core/domain/checksum.ts';
import { parseNamespacedComponent } from '../../core/domain/component-name.ts';
import type { SourceAddress, SourceContent } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { requireUser } from '../access/audit.ts';
import type { Component } from '../components/find-component.ts';
import type { StagingFolder } from '../lookaside/staged-file.ts';
import { acceptUpload, type UploadDeps, type UploadResult } from '../lookaside/upload-source.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type FormFields, type IncomingPart, readForm } from './multipart-upload.ts';
import { bodyLength, contextOf, fileTime, letBodyCome } from './request-state.ts';

export interface UploadCgiDeps extends UploadDeps {
  readonly staging: StagingFolder;
  readonly metrics: Metrics;
  readonly namespace: string;
}

/** What one kind of client does its own way; all else is the same for all of them. */
export interface UploadCgi {
  /** Fields that must be there beside `name` and the checksum. */
  readonly fields: readonly string[];
  /** A question may leave the file's name out: then any file with that content is meant. */
  readonly asksByContent: boolean;
  /** Checks its own fields. @throws DistGitError in the words that its clients know */
  checkFields(fields: FormFields, component: Component): void;
  /** The answer to an upload, with a line end. */
  answer(address: SourceAddress, result: UploadResult): string;
}

/**
 * An `upload.cgi` (see release-engineering/dist-git): a form with `name`, `<hashtype>sum` and either
 * no file (a question: Available or Missing) or `file`, with more fields before or behind it.
 * Clients believe any 200, so that no failure is ever one.
 */
export function uploadCgi(deps: UploadCgiDeps, dialect: UploadCgi): RequestHandler {
  return async (req, res) => {
    const context = contextOf(req, res);
    // Whoever has no credentials is told so before a byte of the body.
    requireUser(context);
    letBodyCome(res);
    const done: { result: UploadResult; address: SourceAddress }[] = [];

    const upload = async (part: IncomingPart, before: FormFields, rest: Promise<FormFields>) => {
      const file = parseSourceFileName(part.fileName);
      if (!isComplete(dialect, before)) {
        done.push(await uploadStaged(part, await stage(part), rest));
        return;
      }
      const address = { ...(await contentOf(deps, dialect, before)), file };
      const accepted = await acceptUpload(deps, context, address, bodyLength(req));
      let mtime = new Date();
      const formEnd = rest.then((fields) => {
        mtime = mtimeOf(fields);
      });
      formEnd.catch(() => {});
      const result = await accepted({
        body: part.body,
        mtime: () => mtime,
        formEnd,
      });
      done.push({ result, address });
    };
    const stage = (part: IncomingPart) => deps.staging.stage(part.body, deps.maxUploadSize);
    /** The file came first: only now is it known what it is. */
    const uploadStaged = async (
      part: IncomingPart,
      staged: Awaited<ReturnType<typeof stage>>,
      rest: Promise<FormFields>,
    ) => {
      try {
        const fields = await rest;
        const file = parseSourceFileName(part.fileName);
        const address = { ...(await contentOf(deps, dialect, fields)), file };
        const accepted = await acceptUpload(deps, context, address, bodyLength(req));
        const mtime = mtimeOf(fields);
        await using opened = staged.open();
        return {
          result: await accepted({
            body: opened,
            mtime: () => mtime,
          }),
          address,
        };
      } finally {
        await staged.remove();
      }
    };

    const { fields, hadFile } = await readForm(req, res, { file: upload });
    res.type('text/plain');
    if (!hadFile) {
      res.send((await isAvailable(deps, dialect, fields)) ? 'Available\n' : 'Missing\n');
      return;
    }
    const [stored] = done;
    if (stored === undefined) throw new Error('An upload ended without a result.');
    res.send(dialect.answer(stored.address, stored.result));
    if (!stored.result.existed) deps.metrics.uploaded(stored.result.size);
  };
}

async function isAvailable(
  deps: UploadCgiDeps,
  dialect: UploadCgi,
  fields: FormFields,
): Promise<boolean> {
  const { filename } = fields;
  if (typeof filename === 'string') {
    const file = parseSourceFileName(filename);
    return deps.sources.has({ ...(await contentOf(deps, dialect, fields)), file });
  }
  if (!dialect.asksByContent) missing('file');
  return (await deps.sources.findContent(await contentOf(deps, dialect, fields))) !== null;
}

/** `File X size N SHA512 H stored OK`, or that it was there: both are a success. */
export function storedText(address: SourceAddress, { size, existed }: UploadResult): string {
  const { component, file, checksum } = address;
  if (existed)
    return `File ${file} already exists\nFile: ${component}/${file}/${checksum.type}/${checksum.hex}/${file} Size: ${size}\n`;
  return `File ${file} size ${size} ${checksum.type.toUpperCase()} ${checksum.hex} stored OK\n`;
}

/** The old name of the field is `md5sum`; the others follow it. */
function checksumOf(fields: FormFields): Checksum | null {
  for (const type of HASH_TYPES) {
    const value = fields[`${type}sum`];
    if (typeof value === 'string') return parseChecksum(type, value);
  }
  return null;
}

function isComplete(dialect: UploadCgi, fields: FormFields): boolean {
  const named = ['name', ...dialect.fields].every((field) => typeof fields[field] === 'string');
  return named && checksumOf(fields) !== null;
}

function missing(field: string): never {
  return fail('input_invalid', `Required field "${field}" is not present.`);
}

async function contentOf(
  deps: UploadCgiDeps,
  dialect: UploadCgi,
  fields: FormFields,
): Promise<SourceContent> {
  const { name } = fields;
  if (typeof name !== 'string') missing('name');
  for (const field of dialect.fields) if (typeof fields[field] !== 'string') missing(field);
  const checksum = checksumOf(fields);
  if (checksum === null) fail('input_invalid', 'Required checksum is not present.');
  const component = parseNamespacedComponent(name, deps.namespace);
  const found = await deps.components.find(component).catch((error: unknown) => {
    if (!(error instanceof DistGitError) || error.code !== 'not_found') throw error;
    return fail('not_found', `Module "${name}" does not exist!`, error.detail.remedy);
  });
  dialect.checkFields(fields, found);
  return { component, checksum };
}

/** Seconds since 1970 as decimal text; older rpkg sends none. */
function mtimeOf(fields: FormFields): Date {
  const { mtime } = fields;
  if (mtime === undefined) return new Date();
  const decimal = typeof mtime === 'string' && /^\d{1,12}(\.\d+)?$/.test(mtime);
  const time = decimal ? fileTime(Number(mtime) * 1000) : null;
  return (
    time ??
    fail('input_invalid', `Invalid value sent for mtime ${JSON.stringify(mtime)}. Aborting.`)
  );
}
