import type { Request, RequestHandler } from 'express';
import { Passport, Strategy } from 'passport';
import { authenticate } from '../../identity/authenticate.ts';
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
    authenticate(this.authenticators, {
      authorization: req.headers.authorization ?? null,
      address: req.socket.remoteAddress ?? '',
    }).then(
      (principal) => this.success(principal),
      (error: unknown) => this.error(error),
    );
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
