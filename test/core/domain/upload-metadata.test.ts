import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import { parseComponentName } from '../../../core/domain/component-name.ts';
import { parseSourceFileName } from '../../../core/domain/source-file-name.ts';
import { parseUploadId } from '../../../core/domain/upload-id.ts';
import {
  formatUploadMetadata,
  parseByteCount,
  parseUploadMetadata,
} from '../../../core/domain/upload-metadata.ts';
import { anyText } from '../support/hostile-text.ts';

const GOOD = {
  address: {
    component: parseComponentName('python'),
    file: parseSourceFileName('Python-3.3.7.tar.xz'),
    checksum: { type: 'sha512', hex: 'ab'.repeat(64) },
  },
  mtime: 1_399_999_999_500,
} as const;

describe('the metadata of an upload', () => {
  it('comes back as it was written, with any time of a file and without', () => {
    const time = fc.option(fc.integer({ min: 0, max: 253_402_300_799_000 }));
    fc.assert(
      fc.property(time, (mtime) => {
        const metadata = { ...GOOD, mtime };
        expect(parseUploadMetadata(formatUploadMetadata(metadata), 'scls')).toEqual(metadata);
      }),
    );
  });

  it('is what tus clients write', () => {
    expect(formatUploadMetadata({ ...GOOD, mtime: null })).toMatch(
      /^component cHl0aG9u,file UHl0aG9uLTMuMy43LnRhci54eg==,hashtype c2hhNTEy,hash [\w+/]+=*$/,
    );
  });

  it('is an error of the input for any other text, and nothing else', () => {
    fc.assert(
      fc.property(anyText(fc.constant('component cHl0aG9u,file YQ==')), (text) => {
        let thrown: unknown;
        try {
          parseUploadMetadata(text, 'scls');
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(DistGitError);
        expect((thrown as DistGitError).code).toMatch(/^(input|name)_invalid$/);
      }),
    );
  });
});

describe('a number of bytes', () => {
  it('is exact up to 2^53, far beyond 10 GiB', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (count) => {
        expect(parseByteCount('Upload-Offset', String(count))).toBe(count);
      }),
    );
    for (const count of [2 ** 31, 2 ** 32 + 1, 10 * 2 ** 30 + 1, 20 * 2 ** 30])
      expect(parseByteCount('Upload-Offset', `${count}`)).toBe(count);
  });

  it.each([undefined, '', ' 1', '1 ', '-1', '+1', '1e3', '0x1', '1.0', '9007199254740992', 'NaN'])(
    'is not %j',
    (text) => {
      expect(() => parseByteCount('Upload-Offset', text)).toThrow(/^Upload-Offset /);
    },
  );
});

describe('the id of an upload', () => {
  it('is 32 hex digits', () => {
    expect(parseUploadId('0123456789abcdef'.repeat(2))).toBe('0123456789abcdef'.repeat(2));
  });

  it.each([
    '',
    '..',
    '../x',
    'a'.repeat(31),
    'a'.repeat(33),
    'A'.repeat(32),
    `${'a'.repeat(32)}\n`,
  ])('is not %j', (text) => {
    expect(() => parseUploadId(text)).toThrow('There is no such upload.');
  });
});
