import type { RequestHandler } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Checksum, HASH_TYPES, parseChecksum } from '../../core/domain/checksum.ts';
import { parseNamespacedComponent } from '../../core/domain/component-name.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { requireUser } from '../access/audit.ts';
import { acceptUpload, type UploadResult } from '../lookaside/upload-source.ts';
import type { LookasideRouteDeps } from './lookaside-routes.ts';
import { type FormFields, type IncomingPart, readForm } from './multipart-upload.ts';
import { bodyLength, contextOf, fileTime, letBodyCome } from './request-state.ts';

/**
 * `upload.cgi` as rpkg speaks it (see release-engineering/dist-git): a form with `name`,
 * `<hashtype>sum` and either `filename` (a question: Available or Missing) or `file`, with `mtime`
 * behind it. rpkg believes any 200, so that no failure is ever one.
 */
export function rpkgUpload(deps: LookasideRouteDeps): RequestHandler {
  return async (req, res) => {
    const context = contextOf(req, res);
    // Whoever has no credentials is told so before a byte of the body.
    requireUser(context);
    letBodyCome(res);
    const done: { result: UploadResult; address: SourceAddress }[] = [];

    const upload = async (part: IncomingPart, before: FormFields, rest: Promise<FormFields>) => {
      const file = parseSourceFileName(part.fileName);
      if (!isComplete(before)) {
        done.push(await uploadStaged(part, await stage(part), rest));
        return;
      }
      const address = await addressOf(deps, before, file);
      const accepted = await acceptUpload(deps, context, address);
      let mtime = new Date();
      const formEnd = rest.then((fields) => {
        mtime = mtimeOf(fields);
      });
      formEnd.catch(() => {});
      const result = await accepted({
        body: part.body,
        atMost: bodyLength(req),
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
        const address = await addressOf(deps, fields, parseSourceFileName(part.fileName));
        const accepted = await acceptUpload(deps, context, address);
        const mtime = mtimeOf(fields);
        await using opened = staged.open();
        return {
          result: await accepted({
            body: opened,
            atMost: bodyLength(req),
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
      const { filename } = fields;
      if (typeof filename !== 'string') missing('file');
      const address = await addressOf(deps, fields, parseSourceFileName(filename));
      await findModule(deps, address, String(fields.name));
      res.send((await deps.sources.has(address)) ? 'Available\n' : 'Missing\n');
      return;
    }
    const [stored] = done;
    if (stored === undefined) throw new Error('An upload ended without a result.');
    res.send(answer(stored));
    if (!stored.result.existed) deps.metrics.uploaded(stored.result.size);
  };
}

function answer({ result, address }: { result: UploadResult; address: SourceAddress }): string {
  const { component, file, checksum } = address;
  if (result.existed)
    return `File ${file} already exists\nFile: ${component}/${file}/${checksum.type}/${checksum.hex}/${file} Size: ${result.size}\n`;
  return `File ${file} size ${result.size} ${checksum.type.toUpperCase()} ${checksum.hex} stored OK\n`;
}

/** The old name of the field is `md5sum`; the others follow it. */
function checksumOf(fields: FormFields): Checksum | null {
  for (const type of HASH_TYPES) {
    const value = fields[`${type}sum`];
    if (typeof value === 'string') return parseChecksum(type, value);
  }
  return null;
}

function isComplete(fields: FormFields): boolean {
  return typeof fields.name === 'string' && checksumOf(fields) !== null;
}

function missing(field: string): never {
  return fail('input_invalid', `Required field "${field}" is not present.`);
}

async function addressOf(
  deps: LookasideRouteDeps,
  fields: FormFields,
  file: SourceAddress['file'],
): Promise<SourceAddress> {
  if (typeof fields.name !== 'string') missing('name');
  const checksum = checksumOf(fields);
  if (checksum === null) fail('input_invalid', 'Required checksum is not present.');
  const component = parseNamespacedComponent(fields.name, deps.namespace);
  const address = { component, file, checksum };
  await findModule(deps, address, fields.name);
  return address;
}

/** @throws DistGitError `not_found` in upload.cgi's words */
async function findModule(
  deps: LookasideRouteDeps,
  { component }: SourceAddress,
  asGiven: string,
): Promise<void> {
  await deps.components.find(component).catch((error: unknown) => {
    if (!(error instanceof DistGitError) || error.code !== 'not_found') throw error;
    fail('not_found', `Module "${asGiven}" does not exist!`, error.detail.remedy);
  });
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
