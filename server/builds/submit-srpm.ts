import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import { parseNvr } from '../../core/domain/nvr.ts';
import { Header } from '../../core/domain/rpm/header.ts';
import { identityOf, readPackageHead } from '../../core/domain/rpm/package-head.ts';
import { TAG } from '../../core/domain/rpm/tags.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { UPLOAD_PIECE, uploadFile } from '../koji/upload-file.ts';
import { PartReader } from '../storage/part-buffers.ts';
import type { BuildDeps } from './build-deps.ts';
import { requireStillMay } from './check-again.ts';
import { checkBuild, type WantedBuild } from './check-build.ts';
import { pushTo, requireBranch } from './find-commit.ts';
import { submitChecked } from './submit-build.ts';

/** Bytes of a package's main header that are kept in memory; a long changelog has some hundred thousand. */
const MAX_HEADER = 4 * 2 ** 20;

/** Takes the SRPM, and has it built; ends in an error where `body` does. */
export type AcceptedSrpm = (body: AsyncIterable<Buffer>) => Promise<ApiOutput<'startSrpm'>>;

/**
 * Asks all that a scratch build of an SRPM can be refused for before its first byte is read: it is
 * for whoever may push to the branch. It goes on to Koji as it comes, never to a disk here. What is
 * kept is built from commits alone: there is no other build of an SRPM.
 * @returns what takes the SRPM then
 * @throws DistGitError `not_allowed`, `not_found`, `check_failed`, `unavailable`
 */
export async function acceptSrpm(
  deps: BuildDeps,
  context: RequestContext,
  input: ApiParsed<'startSrpm'>,
): Promise<AcceptedSrpm> {
  const { name: user } = requireUser(context);
  const found = await deps.components.find(input.component);
  const component = found.name;
  const branch = requireBranch(found, input.branch);
  const subject = `${component}/${branchName(branch)}`;
  const decision = await authorize(deps.db, context, pushTo(component, branch), subject);
  const { arches = null, failFast, background, target } = input;
  const options = { arches, firstArch: null, skipTag: false, failFast, background };
  const kind = 'scratch';
  const wanted: Omit<WantedBuild, 'srpm'> = {
    component,
    branch,
    commit: null,
    kind,
    target,
    options,
  };
  const checked = await checkBuild(deps, { ...wanted, srpm: null });
  const builtName = builtPackageName(component, branch.sclName);
  return async (body) => {
    const pieces = body[Symbol.asyncIterator]();
    try {
      const { start, nvr } = await readNvr(pieces, builtName, branchName(branch));
      const parts = partsOf(new PartReader(start, pieces));
      const srpm = await uploadFile(deps.koji.hub(), `${nvr}.src.rpm`, parts);
      // An upload takes as long as somebody wants it to.
      await requireStillMay(deps, user, { ...branch, component });
      const of = { ...wanted, srpm };
      return await submitChecked(deps, context, decision, of, { ...checked, nvr }, false);
    } finally {
      // Where it stopped early: whoever hashes the body lets go of it.
      await pieces.return?.();
    }
  };
}

/** What a body is, from its first bytes. @throws DistGitError `check_failed` where it is another */
async function readNvr(pieces: AsyncIterator<Buffer>, builtName: string, branch: string) {
  const start: Buffer[] = [];
  let bytes = 0;
  const head = await readPackageHead(async (at, length) => {
    while (bytes < at + length) {
      const { value, done } = await pieces.next();
      if (done === true) break;
      start.push(value);
      bytes += value.length;
    }
    return Buffer.concat(start).subarray(at, at + length);
  }, MAX_HEADER);
  const header = head === null ? null : new Header(head.main);
  if (header === null || header.has(TAG.sourceRpm))
    fail('check_failed', 'This is not a source package.', 'Hand over a .src.rpm file.');
  const { name, version, release } = identityOf(header);
  if (name !== builtName)
    fail(
      'check_failed',
      `The source package is ${name}, and ${branch} is to build ${builtName}.`,
      'Make it in the clone, on the branch: centpkg scratch-build --srpm',
    );
  return { start, nvr: parseNvr(`${name}-${version}-${release}`) };
}

/** The whole body, cut for the hub. Each piece is for the time until the next is asked for. */
async function* partsOf(reader: PartReader): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(UPLOAD_PIECE);
  for (;;) {
    const { bytes, ended } = await reader.fill(buffer);
    if (bytes > 0) yield buffer.subarray(0, bytes);
    if (ended) return;
  }
}
