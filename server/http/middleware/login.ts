import type { Request, RequestHandler } from 'express';
import { Passport, Strategy } from 'passport';
import { ANONYMOUS, type Principal } from '../../../core/access/principal.ts';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import type { Authenticator, Credentials } from '../../identity/authenticator.ts';

/** passport's view of our authenticators: the first that knows the credentials answers. */
class AuthenticatorStrategy extends Strategy {
  override readonly name = 'distgit';
  // Not #private: passport calls objects that inherit from this one.
  private readonly authenticators: readonly Authenticator[];

  constructor(authenticators: readonly Authenticator[]) {
    super();
    this.authenticators = authenticators;
  }

  override authenticate(req: Request): void {
    this.find({
      authorization: req.headers.authorization ?? null,
      address: req.socket.remoteAddress ?? '',
    }).then(
      (principal) => this.success(principal),
      (error: unknown) => this.error(error),
    );
  }

  private async find(credentials: Credentials): Promise<Principal> {
    for (const authenticator of this.authenticators) {
      const principal = await authenticator.authenticate(credentials);
      if (principal !== null) return principal;
    }
    if (credentials.authorization === null) return ANONYMOUS;
    throw new DistGitError('credential_invalid', 'This way to log in is not known here.', {
      detail: { remedy: 'Send a token as the password of HTTP Basic, or as Bearer.' },
    });
  }
}

/**
 * Sets `req.user` for every request: a user, or anonymous where no credentials were sent.
 * Credentials that do not hold are an error, never a silent fall back to anonymous.
 */
export function login(authenticators: readonly Authenticator[]): RequestHandler {
  const passport = new Passport();
  passport.use(new AuthenticatorStrategy(authenticators));
  return passport.authenticate('distgit', { session: false }) as RequestHandler;
}
