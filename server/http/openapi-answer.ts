import { openApiDocument } from '../../core/api/openapi.ts';

/** The OpenAPI document as it is sent, made once for the address that the server has. */
export function openApiAnswer(version: string): (url: string) => Buffer {
  let made: { readonly url: string; readonly body: Buffer } | null = null;
  return (url) => {
    if (made?.url !== url)
      made = { url, body: Buffer.from(JSON.stringify(openApiDocument(version, url))) };
    return made.body;
  };
}
