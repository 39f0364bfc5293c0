import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import type { Component } from '../components/find-component.ts';
import type { FormFields } from './multipart-upload.ts';
import { storedText, type UploadCgi } from './upload-cgi.ts';

/**
 * CentOS's `/sources/upload.cgi` as its older scripts speak it: with the `branch` that the file is
 * for, which is one of the component's, and `sha1sum`, with which new files are no longer taken.
 * A question does not name the file.
 */
export const CENTOS_BRANCH_UPLOAD: UploadCgi = {
  fields: ['branch'],
  asksByContent: true,
  checkFields: requireBranch,
  answer: storedText,
};

/** CentOS's `/sources/upload_sig.cgi`, for SIGs: any checksum, no branch. */
export const CENTOS_SIG_UPLOAD: UploadCgi = {
  fields: [],
  asksByContent: true,
  checkFields: () => {},
  answer: storedText,
};

/** @throws DistGitError `name_invalid`, `not_found` */
function requireBranch({ branch: asGiven }: FormFields, component: Component): void {
  const wanted: Branch = parseBranchOrAlias(String(asGiven));
  const known = component.branches.some(
    ({ collection, release }) => collection === wanted.collection && release === wanted.release,
  );
  if (!known)
    fail(
      'not_found',
      `Branch "${String(asGiven)}" of module "${component.name}" does not exist!`,
      `Look at its branches: centpkg component show ${component.name}`,
    );
}
