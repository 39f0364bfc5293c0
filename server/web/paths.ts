import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseSigName } from '../../core/domain/sig.ts';

interface SourceName {
  readonly component: string;
  readonly file: string;
  readonly hashType: string;
  readonly hash: string;
}

/** Where pages are, below the server's URL. */
export const PATHS = {
  home: '/',
  login: '/login',
  logout: '/logout',
  account: '/account',
  tokens: '/account/tokens',
  revokeToken: '/account/tokens/revoke',
  components: '/components',
  sigs: '/sigs',
  component: (name: string): string => `/components/${encodeURIComponent(name)}`,
  collection: (name: string): string => `/collections/${encodeURIComponent(name)}`,
  sig: (name: string): string => `/sigs/${encodeURIComponent(name)}`,
  approvals: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/approvals`,
  source: ({ component, file, hashType, hash }: SourceName): string =>
    `/lookaside/${[component, file, hashType, hash].map(encodeURIComponent).join('/')}`,
  requests: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/requests`,
  approveRequest: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/requests/approve`,
  denyRequest: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/requests/deny`,
  cancelRequest: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/requests/cancel`,
  revokeApproval: (sig: string): string => `/sigs/${encodeURIComponent(sig)}/approvals/revoke`,
} as const;

const PLAIN: readonly string[] = [PATHS.home, PATHS.account, PATHS.components, PATHS.sigs];
const NAMED = {
  components: (name: string) => PATHS.component(parseComponentName(name)),
  collections: (name: string) => PATHS.collection(parseCollectionName(name)),
  sigs: (name: string) => PATHS.sig(parseSigName(name)),
} as const;

/**
 * Reads where to go after the login. The answer is put together anew from what was understood, so
 * that no address of another server, no query and no trick of paths is ever gone to.
 * @returns null for anything that is not the path of a page
 */
export function parsePagePath(text: string): string | null {
  const plain = PLAIN.find((path) => path === text);
  if (plain !== undefined) return plain;
  const [, kind = '', name = ''] = /^\/([a-z]+)\/([^/]+)$/.exec(text) ?? [];
  if (!Object.hasOwn(NAMED, kind)) return null;
  try {
    return NAMED[kind as keyof typeof NAMED](decodeURIComponent(name));
  } catch (error) {
    if (error instanceof DistGitError || error instanceof URIError) return null;
    throw error;
  }
}
