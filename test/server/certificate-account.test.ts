import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AccountRule,
  accountOf,
  parseAlternativeNames,
} from '../../server/identity/certificate-account.ts';
import { Authority } from '../support/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let authority: Authority;
beforeAll(async () => {
  temporary = await temporaryFolder();
  authority = await Authority.at(join(temporary.path, 'authority'));
});
afterAll(() => temporary[Symbol.asyncDispose]());

const EMAIL: AccountRule = { from: 'email', domain: 'example.org' };
const URI: AccountRule = { from: 'uri', prefix: 'https://id.example.org/' };

/** What a rule makes of a certificate of the real openssl. */
async function account(rule: AccountRule, names: string | null, subject = '/CN=carol') {
  const wanted = names === null ? { subject } : { subject, names };
  const { certificate } = await authority.issue(wanted);
  return accountOf(new X509Certificate(await readFile(certificate)), rule);
}

describe('the account of a certificate', () => {
  it('comes from the place that is configured', async () => {
    expect(await account({ from: 'cn' }, 'email:ann@example.org')).toBe('carol');
    expect(await account(EMAIL, 'email:ann@example.org,DNS:x')).toBe('ann');
    expect(await account(EMAIL, 'email:ann@EXAMPLE.org')).toBe('ann');
    expect(await account(URI, 'URI:https://id.example.org/ann')).toBe('ann');
  });

  it.each<[string, AccountRule, string | null]>([
    ['no alternative name', EMAIL, null],
    ['no email', EMAIL, 'DNS:ann'],
    ['two emails', EMAIL, 'email:ann@example.org,email:sam@example.org'],
    ['another domain', EMAIL, 'email:ann@example.org.evil'],
    ['a domain in the name', EMAIL, 'email:example.org@evil'],
    ['no domain', EMAIL, 'email:example.org'],
    ['an email in a URI', EMAIL, 'URI:email:ann@example.org'],
    ['two URIs', URI, 'URI:https://id.example.org/ann,URI:https://id.example.org/sam'],
    ['another host', URI, 'URI:https://id.example.org.evil/ann'],
    ['no URI', URI, 'email:ann@example.org'],
  ])('is none with %s', async (_, rule, names) => {
    await expect(account(rule, names)).rejects.toMatchObject({ code: 'credential_invalid' });
  });
});

describe('the text of alternative names', () => {
  it.each([
    ['', []],
    [
      'email:a@b, DNS:x',
      [
        ['email', 'a@b'],
        ['DNS', 'x'],
      ],
    ],
    ['IP Address:127.0.0.1', [['IP Address', '127.0.0.1']]],
    ['DNS:"x, email:ann@example.org"', [['DNS', 'x, email:ann@example.org']]],
    [
      'DNS:"a\\u0000b", email:c@d',
      [
        ['DNS', 'a\0b'],
        ['email', 'c@d'],
      ],
    ],
  ])('%j is read whole', (text, names) => {
    const read = parseAlternativeNames(text)?.map(({ type, value }) => [type, value]);
    expect(read).toEqual(names);
  });

  it.each(['email', 'email:a,DNS:b', 'email:"a', 'email:"a\\x"', ':a', 'email:a, , DNS:b'])(
    '%j is not read at all',
    (text) => {
      expect(parseAlternativeNames(text)).toBeNull();
    },
  );
});
