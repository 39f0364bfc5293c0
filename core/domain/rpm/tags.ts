/** Tags of a package's header, of rpm's `rpmtag.h`. */
export const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  buildTime: 1006,
  fileSizes: 1028,
  fileModes: 1030,
  fileDigests: 1035,
  fileFlags: 1037,
  sourceRpm: 1044,
  changelogName: 1081,
  changelogText: 1082,
  basenames: 1117,
  dirNames: 1118,
  payloadFormat: 1124,
  payloadCompressor: 1125,
  longFileSizes: 5008,
  fileDigestAlgo: 5011,
  payloadDigest: 5092,
  payloadDigestAlgo: 5093,
} as const;

/** Tags of the signature header. */
export const SIGNATURE_TAG = {
  /** Of the main header, hexadecimal. */
  sha1: 269,
  sha256: 273,
  /** Of header and payload, bytes. */
  md5: 1004,
} as const;

/** `%files` flag of the spec itself. */
export const SPEC_FILE_FLAG = 1 << 5;

/** Numbers that OpenPGP gave the hash algorithms; those that rpm writes. */
export const HASH_ALGORITHMS: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};
