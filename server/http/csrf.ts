import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { DistGitError } from '../../core/api/distgit-error.ts';

/** What a form carries to show that this server made it, for this browser: bound to a cookie's secret. */
export function formToken(secret: string): string {
  return createHmac('sha256', secret).update('form').digest('base64url');
}

/** @throws DistGitError `not_allowed` by rule `csrf-token` */
export function requireFormToken(given: unknown, secret: string | null): void {
  if (typeof given === 'string' && secret !== null) {
    const [wanted, came] = [Buffer.from(formToken(secret)), Buffer.from(given)];
    if (wanted.length === came.length && timingSafeEqual(wanted, came)) return;
  }
  refuse(
    'csrf-token',
    'The form was not made for this session.',
    'Go back, load the page anew, and send the form again. Cookies must be allowed for this site.',
  );
}

/**
 * A form that changes something comes from a page of this server: browsers say where from.
 * @param origin of the server's URL
 * @throws DistGitError `not_allowed` by rule `csrf-origin`
 */
export function requireSameOrigin(req: Request, origin: string): void {
  const { origin: from, 'sec-fetch-site': site } = req.headers;
  const said = from !== undefined || site !== undefined;
  if (said && (from ?? origin) === origin && (site ?? 'same-origin') === 'same-origin') return;
  refuse(
    'csrf-origin',
    'The form did not come from a page of this server.',
    `Use the pages at ${origin}, by just this name.`,
  );
}

function refuse(rule: string, message: string, remedy: string): never {
  throw new DistGitError('not_allowed', message, { detail: { rule, remedy } });
}
