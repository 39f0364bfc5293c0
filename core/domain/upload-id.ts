import { fail } from '../api/distgit-error.ts';
import type { Brand } from './text.ts';

/** Names a resumable upload: 32 hex digits that nobody can guess. */
export type UploadId = Brand<'UploadId'>;

/** @throws DistGitError `not_found`: another shape names no upload */
export function parseUploadId(text: string): UploadId {
  if (!/^[0-9a-f]{32}$/.test(text)) noUpload();
  return text as UploadId;
}

/** The same words for an upload that is not there and for one of somebody else. */
export function noUpload(): never {
  return fail(
    'not_found',
    'There is no such upload.',
    'It may have expired, or is not yours. Begin a new one.',
  );
}
