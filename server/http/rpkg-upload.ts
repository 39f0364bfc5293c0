import { storedText, type UploadCgi } from './upload-cgi.ts';

/**
 * `upload.cgi` as rpkg, fedpkg and centpkg speak it: a question names the file in `filename`, an
 * upload has `mtime` behind the file.
 */
export const RPKG_UPLOAD: UploadCgi = {
  fields: [],
  asksByContent: false,
  checkFields: () => {},
  answer: storedText,
};
