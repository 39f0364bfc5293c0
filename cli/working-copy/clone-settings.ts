import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import type { CommandContext } from '../command.ts';
import { tlsSettings } from './credential.ts';
import { parseHttpAddress, parseSshAddress } from './server-address.ts';

type Component = ApiOutput<'showComponent'>;

/**
 * A component as users of fedpkg name it: `python`, `scls/python`, `python.git`.
 * @throws DistGitError `name_invalid`
 */
export function parseRepositoryName(text: string): ComponentName {
  if (text.includes('://') || text.includes('@'))
    fail('name_invalid', 'A component is named, not a URL.', 'For instance: centpkg clone python');
  // One namespace is served; whichever is written, the server knows the component.
  return parseComponentName(text.replace(/\.git$/, '').replace(/^[A-Za-z0-9][\w-]*\//, ''));
}

export interface Access {
  /** No login, only to read. */
  readonly anonymous: boolean;
  readonly ssh: boolean;
}

/**
 * The address to fetch from: by SSH where that was asked for, or gitbaseurl of the configuration
 * is one of SSH.
 * @throws DistGitError `usage` where the server has no SSH; `unavailable` where what it answers is
 * no address
 */
export function gitAddress(
  { api, config, given }: CommandContext,
  component: Component,
  { anonymous, ssh }: Access,
): string {
  if (anonymous && ssh)
    fail('usage', 'There is no anonymous SSH.', 'Give --anonymous or --ssh, not both.');
  const bySsh = ssh || (!anonymous && config.rpkg.ssh !== null && component.sshUrl !== null);
  if (!bySsh) return parseHttpAddress(component.gitUrl);
  if (component.sshUrl === null)
    fail('usage', `${api.url} has no git over SSH.`, 'Do it without --ssh.');
  const url = new URL(parseSshAddress(component.sshUrl));
  if (given.user !== null) url.username = given.user;
  return url.href;
}

/**
 * The server's address, and what a clone keeps so that it knows where it belongs.
 * @throws DistGitError `unavailable` where what the server answers is no address
 */
export function cloneSettings(
  { config }: Pick<CommandContext, 'config'>,
  component: Component,
  anonymous: boolean,
): { readonly server: string; readonly settings: readonly (readonly [string, string])[] } {
  // As the server calls itself: remotes are found by it.
  const gitUrl = parseHttpAddress(component.gitUrl);
  const server = gitUrl.replace(/\/[^/]+\/[^/]+$/, '');
  const namespace = gitUrl.split('/').at(-2) ?? '';
  const sshUrl =
    component.sshUrl === null
      ? null
      : parseSshAddress(component.sshUrl).replace(/\/[^/]+\/[^/]+$/, '');
  return {
    server,
    settings: [
      ['centpkg.url', server],
      ['centpkg.namespace', namespace],
      ...(anonymous ? [] : [[`credential.${server}.helper`, '!centpkg git-credential'] as const]),
      ...(sshUrl === null ? [] : [['centpkg.sshUrl', sshUrl] as const]),
      ...tlsSettings(config, server),
    ],
  };
}
