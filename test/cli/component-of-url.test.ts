import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { componentOfUrl } from '../../cli/working-copy/working-copy.ts';
import { anyText } from '../core/support/hostile-text.ts';
import { componentText } from '../core/support/names.ts';

const SERVER = 'https://git.example.org';
const on = (remote: string, server = SERVER) => componentOfUrl(remote, server, 'scls');

describe('the component of a git remote', () => {
  it('is found in each form of its URL on the server', () => {
    fc.assert(
      fc.property(
        componentText,
        fc.constantFrom('', 'ann@', 'ann:token@'),
        fc.constantFrom('', '.git'),
        fc.constantFrom('', '/'),
        (name, user, suffix, slash) => {
          const path = `scls/${encodeURIComponent(name)}${suffix}${slash}`;
          expect(on(`https://${user}git.example.org/${path}`)).toBe(name);
        },
      ),
    );
  });

  it.each([
    ['https://GIT.example.org:443/scls/python.git', SERVER],
    ['http://127.0.0.1:8080/scls/python', 'http://127.0.0.1:8080'],
    ['https://h.example/dist/git/scls/python.git', 'https://h.example/dist/git'],
  ])('%s is python on %s', (remote, server) => {
    expect(on(remote, server)).toBe('python');
  });

  it.each([
    // Another host, however it is dressed.
    'https://github.com/scls/python.git',
    'https://git.example.org.evil.com/scls/python.git',
    'https://git.example.org@evil.com/scls/python.git',
    'https://git.example.org:pass@evil.com/scls/python.git',
    'https://evil.com/git.example.org/scls/python.git',
    'https://evil.com\\@git.example.org/scls/python.git',
    'https://evil.com/?https://git.example.org/scls/python.git',
    'https://evil.com#@git.example.org/scls/python.git',
    'https://git.example.org:8443/scls/python.git',
    'https://git.example.org%2eevil.com/scls/python',
    // No address of a server.
    '',
    '/scls/python.git',
    '../scls/python.git',
    'file:///scls/python.git',
    'git@git.example.org:scls/python.git',
    'ext::sh -c whoami git.example.org/scls/python.git',
    // Another namespace.
    'https://git.example.org/rpms/python.git',
    'https://git.example.org/SCLS/python.git',
    'https://git.example.org/scls-old/python.git',
    'https://git.example.org/rpms/scls/python.git',
    'https://git.example.org//scls/python.git',
    // Not a component.
    'https://git.example.org',
    'https://git.example.org/',
    'https://git.example.org/scls',
    'https://git.example.org/scls/',
    'https://git.example.org/scls/.git',
    'https://git.example.org/scls/..',
    'https://git.example.org/scls/%2e%2e',
    'https://git.example.org/scls/a%2fb',
    'https://git.example.org/scls/a%00b',
    'https://git.example.org/scls/%E0%A4%A',
    'https://git.example.org/scls/%',
    'https://git.example.org/scls/-x',
    'https://git.example.org/scls/x.lock',
    'https://git.example.org/scls/deep/er/python.git',
  ])('%j names none', (remote) => {
    expect(on(remote)).toBeNull();
  });

  it.each([
    ['https://h.example/distribution/scls/python.git', 'https://h.example/dist'],
    ['https://h.example/scls/python.git', 'https://h.example/dist'],
    ['http://h.example/scls/python.git', 'https://h.example'],
  ])('%s is not on %s', (remote, server) => {
    expect(on(remote, server)).toBeNull();
  });

  it('is a component or none, whatever the remote is', () => {
    fc.assert(
      fc.property(
        anyText(componentText),
        fc.constantFrom('', 'https://git.example.org/scls/'),
        (text, start) => {
          const found = on(start + text);
          if (found !== null) expect(found).toMatch(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}$/);
        },
      ),
    );
  });
});
