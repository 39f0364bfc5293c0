import type { Database } from '../../server/db/database.ts';
import { VersionedCache } from '../../server/db/versioned-cache.ts';
import { Principals } from '../../server/identity/principals.ts';
import { tokenAuthenticator } from '../../server/identity/token-authenticator.ts';

/** Logs in with tokens as a server of its own does; `authorization` is the header. */
export function tokenLogin(db: Database, cache = new VersionedCache(db)) {
  const authenticator = tokenAuthenticator(db, cache, new Principals(db, cache), 'realm');
  return {
    challenges: authenticator.challenges,
    authenticate: (authorization: string | null) =>
      authenticator.authenticate({ authorization, address: '192.0.2.1' }),
  };
}
