/** A part of a form: a field's text, or a file. */
export type FormPart = readonly [
  field: string,
  value: string | { readonly name: string; readonly content: Buffer | string },
];

const BOUNDARY = '----a-boundary-of-the-tests';

/** The content type of a form made by `formBody`. */
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
export const FORM_END: Buffer = Buffer.from(`--${BOUNDARY}--\r\n`);

/** A part's bytes up to where its content begins. */
export function partHead(field: string, fileName?: string): Buffer {
  const file =
    fileName === undefined
      ? ''
      : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`;
  return Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n\r\n`,
  );
}

/** The parts in just this order, as the bytes of a form. */
export function formBody(parts: readonly FormPart[], end: Buffer = FORM_END): Buffer {
  const bytes = parts.flatMap(([field, value]) => [
    partHead(field, typeof value === 'string' ? undefined : value.name),
    Buffer.from(typeof value === 'string' ? value : (value.content as string)),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...bytes, end]);
}

export interface CgiAnswer {
  readonly status: number;
  readonly text: string;
}

/** POSTs a form to upload.cgi; `token` null: anonymous. */
export async function postForm(
  url: string,
  token: string | null,
  parts: readonly FormPart[],
  headers: Readonly<Record<string, string>> = {},
): Promise<CgiAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': FORM_TYPE,
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: new Uint8Array(formBody(parts)),
  });
  return { status: response.status, text: await response.text() };
}
