import { fail } from '../api/distgit-error.ts';
import { quoted } from './text.ts';

/** Hex digits of each hash type that look-aside caches have used. */
export const HASH_LENGTHS = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 };
export type HashType = keyof typeof HASH_LENGTHS;
export const HASH_TYPES = Object.keys(HASH_LENGTHS) as readonly HashType[];
/** Accepted for new uploads; md5 and sha1 only find what was imported with them. */
export const STRONG_HASH_TYPES: readonly HashType[] = ['sha224', 'sha256', 'sha384', 'sha512'];

/** `hex` is lower case and as long as its type says. */
export interface Checksum {
  readonly type: HashType;
  readonly hex: string;
}

/** @throws DistGitError `input_invalid` */
export function parseChecksum(type: string, hex: string): Checksum {
  const lower = type.toLowerCase();
  const known = HASH_TYPES.find((name) => name === lower);
  if (known === undefined)
    fail('input_invalid', `Hash type ${quoted(type)} is not known.`, `Use sha512.`);
  const digits = hex.toLowerCase();
  if (digits.length !== HASH_LENGTHS[known] || !/^[0-9a-f]+$/.test(digits))
    fail(
      'input_invalid',
      `${quoted(hex)} is not a ${known} checksum.`,
      `A ${known} checksum has ${HASH_LENGTHS[known]} hex digits.`,
    );
  return { type: known, hex: digits };
}

/** The hash type that a bare checksum must be of, by its length; null for none. */
export function hashTypeByLength(hex: string): HashType | null {
  return HASH_TYPES.find((type) => HASH_LENGTHS[type] === hex.length) ?? null;
}

/**
 * A checksum whose type is known by its length, as in `.<component>.metadata` of git.centos.org.
 * @throws DistGitError `input_invalid`
 */
export function checksumByLength(hex: string): Checksum {
  return parseChecksum(hashTypeByLength(hex) ?? `of ${hex.length} digits`, hex);
}
