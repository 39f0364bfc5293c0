import type { IncomingMessage } from 'node:http';

const SAFE = /^(GET|HEAD|OPTIONS)$/;

/**
 * Does a page of another site make a browser send this, to change something here? Browsers say so;
 * other clients send neither header.
 * @param url how clients reach the server
 */
export function changesFromOtherSite({ method, headers }: IncomingMessage, url: string): boolean {
  if (SAFE.test(method ?? '')) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && headers.origin !== new URL(url).origin;
}
