import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isMetaComponent,
  parseComponentName,
  parseNamespacedComponent,
} from '../../../core/domain/component-name.ts';
import { anyText, HOSTILE_EVERYWHERE, withHostilePart } from '../support/hostile-text.ts';
import { component, componentText } from '../support/names.ts';
import { isAccepted, refusal, refusalOrNull } from '../support/outcomes.ts';

const accepted = (text: string): boolean => isAccepted(() => parseComponentName(text));

/** The rule of the specification, read character by character. */
function isAllowed(text: string): boolean {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const lower = text.toLowerCase();
  return (
    text.length >= 1 &&
    text.length <= 128 &&
    letters.includes(text.charAt(0)) &&
    text.split('').every((char) => `${letters}+._-`.includes(char)) &&
    text.split('..').length === 1 &&
    !lower.endsWith('.git') &&
    !lower.endsWith('.lock')
  );
}

describe('a component name', () => {
  it.each(['python', 'python-setuptools', 'python-meta', 'gcc-c++', 'perl-Test.pm', 'R', '389-ds'])(
    'accepts %s as it is',
    (name) => {
      expect(parseComponentName(name)).toBe(name);
    },
  );

  it('is returned unchanged whenever the rule allows it', () => {
    fc.assert(
      fc.property(componentText, (text) => {
        expect(parseComponentName(text)).toBe(text);
      }),
    );
  });

  it('is refused exactly where the rule does not allow it, and only with a DistGitError', () => {
    fc.assert(
      fc.property(anyText(componentText), (text) => {
        expect(accepted(text)).toBe(isAllowed(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('never holds a slash or two dots', () => {
    fc.assert(
      fc.property(anyText(componentText), (text) => {
        if (accepted(text)) expect(text).not.toMatch(/[/\\]|\.\./);
        else expect(refusal(() => parseComponentName(text)).code).toBe('name_invalid');
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused with a hostile part anywhere in it', () => {
    fc.assert(
      fc.property(withHostilePart(componentText), (text) => {
        expect(accepted(text)).toBe(false);
      }),
    );
  });

  it.each(HOSTILE_EVERYWHERE.map((part) => JSON.stringify(part)))(
    'is refused with %s at either end',
    (quoted) => {
      const part = JSON.parse(quoted) as string;
      expect([accepted(`${part}python`), accepted(`python${part}`)]).toEqual([false, false]);
    },
  );

  it.each(['', '.', '..', '-x', '.x', '+x', '_x', 'a..b', 'scls/python', 'a b', 'python\n', '%2e'])(
    'refuses %j',
    (text) => {
      expect(accepted(text)).toBe(false);
    },
  );

  it.each(['python.git', 'python.GIT', 'python.lock', 'python.Lock', 'a.git.git', '7.git'])(
    'refuses %s: git reads the ending as something else',
    (text) => {
      expect(accepted(text)).toBe(false);
    },
  );

  it.each(['git', 'lock', 'python-git', 'python.gitx', 'python.git-core'])(
    'accepts %s: only the ending counts',
    (text) => {
      expect(parseComponentName(text)).toBe(text);
    },
  );

  it('has at most 128 characters', () => {
    expect(accepted('a'.repeat(128))).toBe(true);
    expect(accepted('a'.repeat(129))).toBe(false);
  });

  it('keeps upper and lower case apart', () => {
    expect(parseComponentName('Python')).not.toBe(parseComponentName('python'));
  });

  it('states the rule when it refuses, and repeats the name in printable ASCII only', () => {
    const error = refusal(() => parseComponentName('p\u0443thon\u001b[2J\n'));
    expect(error.message).toBe('Component name "p\\u0443thon\\u001b[2J\\n" is not valid.');
    expect(error.detail.remedy).toContain('at most 128 characters');
  });
});

describe('a component as look-aside clients name it', () => {
  it('may come bare or below the namespace', () => {
    fc.assert(
      fc.property(componentText, (text) => {
        expect(parseNamespacedComponent(text, 'scls')).toBe(text);
        expect(parseNamespacedComponent(`scls/${text}`, 'scls')).toBe(text);
      }),
    );
  });

  it('may be called like the namespace', () => {
    expect(parseNamespacedComponent('scls', 'scls')).toBe('scls');
    expect(parseNamespacedComponent('scls/scls', 'scls')).toBe('scls');
  });

  it.each([
    'rpms/python',
    'scls/../python',
    '../scls/python',
    'scls//python',
    '/scls/python',
    'scls/',
    'scls/scls/python',
    'SCLS/python',
    'scls/python/',
    'scls%2fpython',
    'scls/python.git',
  ])('refuses %s', (text) => {
    expect(refusal(() => parseNamespacedComponent(text, 'scls')).code).toBe('name_invalid');
  });

  it('refuses with nothing but a DistGitError, and never gives a path', () => {
    const input = anyText(
      fc.oneof(
        componentText,
        componentText.map((text) => `scls/${text}`),
      ),
    );
    fc.assert(
      fc.property(input, (text) => {
        const error = refusalOrNull(() => parseNamespacedComponent(text, 'scls'));
        const name = error === null ? parseNamespacedComponent(text, 'scls') : 'refused';
        expect(name).not.toMatch(/[/\\]|\.\./);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a meta component', () => {
  it.each(['python-meta', 'devtoolset-meta', 'meta-meta'])('is %s', (name) => {
    expect(isMetaComponent(component(name))).toBe(true);
  });

  it.each(['python', 'meta', 'python-metadata', 'python_meta', 'python-meta-tests', 'python-Meta'])(
    'is not %s',
    (name) => {
      expect(isMetaComponent(component(name))).toBe(false);
    },
  );
});
