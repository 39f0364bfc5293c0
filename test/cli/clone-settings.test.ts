import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../cli/command.ts';
import { Config, readEnvironment } from '../../cli/config.ts';
import { readGlobalOptions } from '../../cli/global-options.ts';
import { NO_RPKG_CONFIG } from '../../cli/rpkg-config/rpkg-config.ts';
import { gitAddress, parseRepositoryName } from '../../cli/working-copy/clone-settings.ts';

const HTTP = 'https://git.example.org/scls/python.git';
const SSH = 'ssh://distgit@git.example.org:2222/scls/python.git';
const BASE = { value: 'ssh://x', file: 'f', line: 1, kind: 'user' as const };

function address(
  access: { anonymous?: boolean; ssh?: boolean },
  {
    bySsh = false,
    user,
    sshUrl = SSH,
  }: { bySsh?: boolean; user?: string; sshUrl?: string | null } = {},
): string {
  const rpkg = { ...NO_RPKG_CONFIG, ssh: bySsh ? BASE : null };
  const context = {
    api: { url: 'https://git.example.org' },
    config: new Config(readEnvironment({ HOME: '/nonexistent' }), rpkg),
    given: readGlobalOptions(user === undefined ? {} : { user }),
  } as unknown as CommandContext;
  const component = { gitUrl: HTTP, sshUrl } as Parameters<typeof gitAddress>[1];
  return gitAddress(context, component, { anonymous: false, ssh: false, ...access });
}

describe('the address to clone from', () => {
  it.each([
    ['HTTP', {}, {}, HTTP],
    ['SSH where it was asked for', { ssh: true }, {}, SSH],
    ['SSH where gitbaseurl is one of SSH', {}, { bySsh: true }, SSH],
    ['HTTP for anonymous, whatever gitbaseurl is', { anonymous: true }, { bySsh: true }, HTTP],
    ['HTTP where the server has no SSH', {}, { bySsh: true, sshUrl: null }, HTTP],
    ['SSH with the name of --user', { ssh: true }, { user: 'ann' }, SSH.replace('distgit', 'ann')],
  ])('is by %s', (_, access, surroundings, url) => {
    expect(address(access, surroundings)).toBe(url);
  });

  it('is refused where SSH was asked for and there is none, or for nobody', () => {
    expect(() => address({ ssh: true }, { sshUrl: null })).toThrow('has no git over SSH');
    expect(() => address({ ssh: true, anonymous: true })).toThrow('There is no anonymous SSH.');
  });
});

describe('a component', () => {
  it.each([
    ['python', 'python'],
    ['python.git', 'python'],
    ['scls/python', 'python'],
    ['scls/python.git', 'python'],
  ])('%s is %s', (text, name) => {
    expect(parseRepositoryName(text)).toBe(name);
  });

  it.each([
    'https://git.example.org/scls/python.git',
    'git@host:python',
    'a/b/c',
    '../x',
    'scls/',
    '',
  ])('is not named %j', (text) => {
    expect(() => parseRepositoryName(text)).toThrow();
  });
});
