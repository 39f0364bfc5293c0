import { UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { Authenticator } from './authenticator.ts';
import { type AccountRule, accountOf } from './certificate-account.ts';
import type { FindAccount } from './find-account.ts';
import { requireAccount } from './require-account.ts';

/**
 * TLS client certificates, which the listener or the front has verified. Their dates are looked at
 * once more: a connection can outlive the certificate that opened it.
 */
export function certificateAuthenticator(find: FindAccount, rule: AccountRule): Authenticator {
  return {
    name: 'certificate',
    // TLS itself asks for it.
    challenges: [],
    ambient: true,
    async authenticate({ certificate }) {
      if (certificate === undefined) return null;
      const [start, end] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
      const now = Date.now();
      if (!(now >= start && now < end))
        fail(
          'credential_invalid',
          'The certificate has expired, or is not valid yet.',
          'Get a new one from the authority that issued it.',
        );
      const user = await requireAccount(find, 'The certificate', accountOf(certificate, rule));
      return {
        kind: 'user',
        ...user,
        credential: `certificate:${certificate.serialNumber}`,
        validUntil: new Date(end).toISOString(),
        scopes: UNLIMITED_SCOPES,
      };
    },
  };
}
