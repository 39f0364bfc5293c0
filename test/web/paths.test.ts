import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PATHS, parsePagePath } from '../../server/web/paths.ts';

describe('the path of a page', () => {
  it.each([
    '/',
    '/account',
    '/components',
    '/sigs',
    PATHS.component('python-setuptools'),
    PATHS.component('libstdc++'),
    PATHS.collection('rh-python34'),
    PATHS.sig('sclo'),
  ])('%s is read', (path) => {
    expect(parsePagePath(path)).toBe(path);
  });

  it.each([
    '',
    'account',
    '/login',
    '/logout',
    '/account/',
    '/account/tokens',
    '/sigs/SCLO',
    '/sigs/',
    '/components/a.git',
    '/components/a/b',
    '/components/%',
    '/components/%2f%2fevil.example',
    '/components/a%00',
    '/components/a\n',
    '/__proto__/x',
    '/constructor/x',
    '/toString/x',
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    'https://evil.example/account',
    '/components/python?x=1',
    '/components/python#x',
  ])('%j is none', (path) => {
    expect(parsePagePath(path)).toBeNull();
  });

  it('never leads away from this server, whatever is given', () => {
    const part = fc.constantFrom('/', '\\', '.', '..', '%2e', '%2f', '@', ':', 'http:', '?', '#');
    const word = fc.constantFrom('components', 'sigs', 'collections', 'account', 'evil.example');
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(part, word, fc.string({ maxLength: 3 }))).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const path = parsePagePath(text);
        if (path === null) return;
        const url = new URL(path, 'https://git.example.org');
        expect(url.origin).toBe('https://git.example.org');
        expect(url.href).toBe(`https://git.example.org${path}`);
        expect(path).toMatch(
          /^\/(account|components|sigs)?$|^\/(components|collections|sigs)\/[^/?#]+$/,
        );
      }),
      { numRuns: 5000 },
    );
  });
});
