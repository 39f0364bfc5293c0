/** How far git itself looks for a NUL byte to call a file binary. */
export const BINARY_WINDOW = 8000;

/**
 * Does git call such a file binary?
 * @param start its first bytes, `BINARY_WINDOW` of them where it has so many
 */
export function isBinaryContent(start: Uint8Array): boolean {
  return start.subarray(0, BINARY_WINDOW).includes(0);
}

/** Archives and the like, as rpkg knows them by their names. */
const ARCHIVE =
  /\.(?:tar|gz|bz2|lzma|xz|zst|Z|zip|bin|tbz|tbz2|tgz|tlz|txz|pdf|rpm|jar|war|cpio|egg|gem|oxt|xpi|whl|7z|crate)$/i;

/** Is it a file for the look-aside cache, whatever is in it? */
export function isArchiveName(name: string): boolean {
  return ARCHIVE.test(name);
}
