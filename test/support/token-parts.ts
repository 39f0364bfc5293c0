import { crc32 } from 'node:zlib';

/** The secret of `sclt_<id>_<secret>_<crc32>`. */
export const secretOf = (token: string): string => token.slice(18, 61);

/** A token that is well formed, whether it was ever issued or not. */
export function forgedToken(id: string, secret: string): string {
  const body = `sclt_${id}_${secret}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}
