import type { X509Certificate } from 'node:crypto';
import { fail } from '../../core/api/distgit-error.ts';

/** How an account's name stands in a certificate. */
export type AccountRule =
  | { readonly from: 'cn' }
  | { readonly from: 'email'; readonly domain: string }
  | { readonly from: 'uri'; readonly prefix: string };

/**
 * The account's name as the certificate has it, not parsed yet. Two names are as bad as none: who
 * asks for a certificate must not choose between them.
 * @throws DistGitError `credential_invalid` where it has no such name, or several
 */
export function accountOf(certificate: X509Certificate, rule: AccountRule): string {
  if (rule.from === 'cn') {
    // Node's own reading of the subject: an array where there are several.
    const { subject } = certificate.toLegacyObject() as { subject?: { CN?: unknown } };
    const name = subject?.CN;
    return typeof name === 'string' ? name : refuse('one CN in its subject');
  }
  if (rule.from === 'uri') {
    const uri = only(certificate, 'URI');
    return uri.startsWith(rule.prefix)
      ? uri.slice(rule.prefix.length)
      : refuse(`a URI that begins with ${rule.prefix}`);
  }
  const email = only(certificate, 'email');
  const at = email.lastIndexOf('@');
  if (at === -1 || email.slice(at + 1).toLowerCase() !== rule.domain.toLowerCase())
    refuse(`an email at ${rule.domain}`);
  return email.slice(0, at);
}

/** The one alternative name of a type. */
function only(certificate: X509Certificate, type: 'email' | 'URI'): string {
  const names = parseAlternativeNames(certificate.subjectAltName ?? '');
  const [name, ...more] = (names ?? []).filter((one) => one.type === type);
  return name === undefined || more.length > 0
    ? refuse(`one ${type} in its alternative names`)
    : name.value;
}

/**
 * Node's text of the alternative names: `TYPE:value, TYPE:"JSON"`. It quotes whatever could be
 * taken for two names.
 * @returns null where the text is anything else
 */
export function parseAlternativeNames(
  text: string,
): readonly { readonly type: string; readonly value: string }[] | null {
  const name = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  const found = [];
  while (name.lastIndex < text.length) {
    const match = name.exec(text);
    const [, type = '', quotedOrPlain = ''] = match ?? [];
    const value = match === null ? null : unquoted(quotedOrPlain);
    if (value === null) return null;
    found.push({ type, value });
  }
  return found;
}

function unquoted(text: string): string | null {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

function refuse(what: string): never {
  return fail(
    'credential_invalid',
    `The certificate does not have ${what}.`,
    'Ask the authority that issued it for a certificate of your account.',
  );
}
