import type { Request, RequestHandler } from 'express';
import { Passport, Strategy } from 'passport';
import { ANONYMOUS } from '../../../core/access/principal.ts';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import type { Authenticator } from '../../identity/authenticator.ts';

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
    const authorization = req.headers.authorization ?? null;
    if (authorization === null) {
      this.success(ANONYMOUS);
      return;
    }
    this.find(authorization).then(
      (principal) => this.success(principal),
      (error: unknown) => this.error(error),
    );
  }

  private async find(authorization: string) {
    for (const authenticator of this.authenticators) {
      const principal = await authenticator.authenticate({ authorization });
      if (principal !== null) return principal;
    }
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
