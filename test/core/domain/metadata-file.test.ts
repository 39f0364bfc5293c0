import { describe, expect, it } from 'vitest';
import { parseMetadataFile } from '../../../core/domain/metadata-file.ts';

const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a metadata file', () => {
  it('has hashes whose type is told by their length, and paths with or without SOURCES', () => {
    expect(
      parseMetadataFile(`${SHA1} SOURCES/a.tar.gz\n\n${SHA256.toUpperCase()}  b.zip \n`),
    ).toEqual([
      { file: 'a.tar.gz', checksum: { type: 'sha1', hex: SHA1 } },
      { file: 'b.zip', checksum: { type: 'sha256', hex: SHA256 } },
    ]);
    expect(parseMetadataFile('')).toEqual([]);
  });

  it.each([
    [`${SHA1} SOURCES/../a`, /not valid/],
    [`${SHA1} SPECS/a.spec`, /not valid/],
    [`${SHA1}1 a`, /Hash type/],
    ['hello', /is not "<hash> <file>"/],
    [`${SHA1} a\n${SHA1} SOURCES/a`, /listed twice/],
  ])('with %j is refused, with the line', (text, why) => {
    expect(() => parseMetadataFile(text)).toThrow(
      expect.objectContaining({
        code: 'check_failed',
        detail: {
          problems: [
            {
              path: expect.stringMatching(/^line [12]$/) as string,
              message: expect.stringMatching(why) as string,
            },
          ],
        },
      }) as Error,
    );
  });

  it('that is far too long is refused', () => {
    expect(() => parseMetadataFile('\n'.repeat(10_001))).toThrow(/more than 10000 lines/);
  });
});
