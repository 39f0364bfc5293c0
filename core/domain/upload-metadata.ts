import { fail } from '../api/distgit-error.ts';
import { parseChecksum } from './checksum.ts';
import { parseNamespacedComponent } from './component-name.ts';
import type { SourceAddress } from './lookaside-path.ts';
import { parseSourceFileName } from './source-file-name.ts';
import { quoted } from './text.ts';

/** Metadata of a resumable upload that says what the file is. */
export interface UploadMetadata {
  readonly address: SourceAddress;
  /** The file's modification time in milliseconds since 1970; null: not stated. */
  readonly mtime: number | null;
}

/**
 * The value of `Upload-Metadata` (tus 1.0.0, creation): `component`, `file`, `hashtype`, `hash`,
 * and optionally `mtime` in decimal seconds since 1970. Other keys say nothing to us.
 * @param namespace that may stand before the component's name
 * @throws DistGitError `input_invalid`, `name_invalid`
 */
export function parseUploadMetadata(header: string, namespace: string): UploadMetadata {
  const pairs = parsePairs(header);
  const text = (key: string): string =>
    pairs.get(key) ??
    fail(
      'input_invalid',
      `Upload-Metadata has no ${key}.`,
      'It takes component, file, hashtype and hash.',
    );
  const mtime = pairs.get('mtime');
  if (mtime !== undefined && !/^\d{1,12}(\.\d{1,9})?$/.test(mtime))
    fail('input_invalid', `The mtime ${quoted(mtime)} is not in seconds since 1970.`);
  return {
    address: {
      component: parseNamespacedComponent(text('component'), namespace),
      file: parseSourceFileName(text('file')),
      checksum: parseChecksum(text('hashtype'), text('hash')),
    },
    mtime: mtime === undefined ? null : Math.round(Number(mtime) * 1000),
  };
}

/** The same as a header's value. */
export function formatUploadMetadata({ address, mtime }: UploadMetadata): string {
  const { component, file, checksum } = address;
  const pairs = { component, file, hashtype: checksum.type, hash: checksum.hex };
  const all = mtime === null ? pairs : { ...pairs, mtime: (mtime / 1000).toFixed(3) };
  return Object.entries(all)
    .map(([key, value]) => `${key} ${toBase64(value)}`)
    .join(',');
}

/** Pairs `<key> <base64>` with commas between; the blank may be left out where the value is empty. */
function parsePairs(header: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of header.split(',')) {
    const [, key = '', value = ''] =
      /^ ?([!-+\--~]{1,64})(?: ([A-Za-z0-9+/]*={0,2}))?$/.exec(pair) ?? [];
    if (key === '')
      fail(
        'input_invalid',
        'Upload-Metadata can not be read.',
        'Write pairs of a key, a blank and a base64 value, with commas between.',
      );
    if (pairs.has(key)) fail('input_invalid', `Upload-Metadata has ${quoted(key)} twice.`);
    pairs.set(key, fromBase64(key, value));
  }
  return pairs;
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function fromBase64(key: string, value: string): string {
  try {
    const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('input_invalid', `The value of ${quoted(key)} is not UTF-8 text in base64.`);
  }
}

/**
 * A number of bytes in a header: `Upload-Length`, `Upload-Offset`.
 * @throws DistGitError `input_invalid` where it is missing, not a number, or beyond 2^53
 */
export function parseByteCount(name: string, value: string | undefined): number {
  const count = value !== undefined && /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  return fail(
    'input_invalid',
    value === undefined ? `${name} is missing.` : `${name} ${quoted(value)} is not valid.`,
    `${name} is a number of bytes.`,
  );
}
