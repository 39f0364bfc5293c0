import type { Request, RequestHandler } from 'express';
import { Passport, Strategy } from 'passport';
import type { Principal } from '../../../core/access/principal.ts';
import { authenticate } from '../../identity/authenticate.ts';
import type { Authenticator } from '../../identity/authenticator.ts';
import type { ReadClient } from '../client.ts';
import { changesFromOtherSite } from '../other-sites.ts';

/** passport's view of our authenticators: the first that knows the credentials answers. */
class AuthenticatorStrategy extends Strategy {
  override readonly name = 'distgit';
  // Not #private: passport calls objects that inherit from this one.
  private readonly deps: LoginDeps;

  constructor(deps: LoginDeps) {
    super();
    this.deps = deps;
  }

  override authenticate(req: Request): void {
    this.find(req).then(
      (principal) => this.success(principal),
      (error: unknown) => this.error(error),
    );
  }

  private async find(req: Request): Promise<Principal> {
    const { authenticators, readClient } = this.deps;
    const otherSite = changesFromOtherSite(req, this.deps.url());
    return authenticate(authenticators, { ...readClient(req), otherSite });
  }
}

export interface LoginDeps {
  readonly authenticators: readonly Authenticator[];
  readonly readClient: ReadClient;
  /** How clients reach the server. */
  url(): string;
}

/**
 * Sets `req.user` for every request: a user, or anonymous where no credentials were sent.
 * Credentials that do not hold are an error, never a silent fall back to anonymous.
 */
export function login(deps: LoginDeps): RequestHandler {
  const passport = new Passport();
  passport.use(new AuthenticatorStrategy(deps));
  return passport.authenticate('distgit', { session: false }) as RequestHandler;
}
