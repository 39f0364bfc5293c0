/** Where resumable uploads are made; each has an address below it. No root of downloads. */
export const UPLOADS_PATH = '/uploads';

/** The protocol of resumable uploads: https://tus.io/protocols/resumable-upload */
export const TUS_VERSION = '1.0.0';

/** The media type of a piece of a file, `PATCH` only. */
export const PIECE_TYPE = 'application/offset+octet-stream';
