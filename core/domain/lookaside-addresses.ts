/**
 * Where clients of all times look for files, each address `<root>/[<namespace>/]<component>/<file>/
 * <hashtype>/<hash>/<file>`; the longest first.
 */
export const DOWNLOAD_ROOTS = [
  '/repo/pkgs',
  '/lookaside/pkgs',
  '/sources/rpms',
  '/repo',
  '/lookaside',
  '/sources',
] as const;

/** Below it CentOS's old layout is understood too: `<component>/<branch>/<hash>`. */
export const BRANCH_LAYOUT_ROOT = '/sources';

/** The dialects of upload.cgi, by who speaks them, and where each of them posts to. */
export const UPLOAD_CGI = {
  rpkg: ['/repo/pkgs/upload.cgi', '/lookaside/upload.cgi'],
  centosBranch: ['/sources/upload.cgi'],
  centosSig: ['/sources/upload_sig.cgi', '/sources/sig_upload.cgi'],
} as const;
export type UploadDialect = keyof typeof UPLOAD_CGI;

/** Is this a path that only clients of an upload.cgi ask for? */
export function isUploadCgi(path: string): boolean {
  return /\/(?:upload|upload_sig|sig_upload)\.cgi\/?$/i.test(path);
}
