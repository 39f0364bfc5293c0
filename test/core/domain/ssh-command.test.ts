import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSshCommand, SSH_SERVICES } from '../../../core/domain/ssh-command.ts';
import { HOSTILE_EVERYWHERE } from '../support/hostile-text.ts';
import { componentText } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';

const parse = (text: string | null) => parseSshCommand(text, 'scls');
/** As git quotes a word for a shell (its `sq_quote`). */
const quote = (text: string): string => `'${text.replace(/['!]/g, "'\\$&'")}'`;

describe('the command of an SSH session', () => {
  it('is what git sends, for every service and component, with and without .git and slash', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SSH_SERVICES),
        componentText,
        fc.constantFrom('', '/'),
        fc.constantFrom('', '.git'),
        fc.constantFrom('git-', 'git '),
        (service, component, slash, end, git) => {
          const name = service.replace(/^git-/, git);
          expect(parse(`${name} ${quote(`${slash}scls/${component}${end}`)}`)).toEqual({
            kind: 'git',
            service,
            component,
          });
        },
      ),
    );
  });

  it.each([
    [null, 'shell'],
    ['', 'shell'],
    ['whoami', 'whoami'],
    ['git-upload-pack scls/python', 'git'],
    [String.raw`git-upload-pack 'scls/py'\''thon'`, 'refused'],
  ])('of %j is: %s', (text, kind) => {
    expect(isAccepted(() => parse(text)) ? parse(text).kind : 'refused').toBe(kind);
  });

  it.each([
    'sh',
    'whoami ',
    'whoami x',
    'WHOAMI',
    ' git-upload-pack scls/python',
    'git-shell',
    'git-http-backend',
    'git',
    'git ',
    'git --exec-path=/tmp upload-pack scls/python',
    'git -c core.sshCommand=id upload-pack scls/python',
    'git  upload-pack scls/python',
    'git git-upload-pack scls/python',
    'git-upload-pack',
    'git-upload-pack ',
    'git-upload-pack  scls/python',
    "git-upload-pack 'scls/python' 'scls/python'",
    "git-upload-pack --strict 'scls/python'",
    "git-upload-pack --upload-pack=id 'scls/python'",
    "git-upload-pack '--upload-pack=id'",
    'git-upload-pack --exec=id',
    "git-receive-pack --exec 'scls/python'",
    'git-upload-archive --remote=x scls/python',
    "git-upload-pack '-scls/python'",
    "git-upload-pack '~/scls/python.git'",
    "git-upload-pack '~ann/python.git'",
    "git-upload-pack '../../etc'",
    "git-upload-pack 'scls/../python.git'",
    "git-upload-pack '/scls/../../etc'",
    "git-upload-pack '//scls/python'",
    "git-upload-pack '/scls//python'",
    "git-upload-pack '/SCLS/python'",
    "git-upload-pack '/python.git'",
    "git-upload-pack 'python'",
    "git-upload-pack '/scls/python.git/'",
    "git-upload-pack '/scls/python.git.git'",
    "git-upload-pack '/scls/.staging'",
    "git-upload-pack '/scls/-python'",
    "git-upload-pack '/scls/python.git'; id",
    "git-upload-pack '/scls/python.git' && id",
    "git-upload-pack '/scls/python.git'\nid",
    "git-upload-pack '/scls/python.git\n'",
    'git-upload-pack $(id)',
    'git-upload-pack `id`',
    'git-upload-pack "/scls/python.git"',
    "git-upload-pack '/scls/python.git",
    String.raw`git-upload-pack /scls/py\thon.git`,
    'git-upload-pack /scls/python.git > /tmp/x',
    'git-upload-pack /scls/*',
    'scp -t /tmp',
    'rsync --server -logDtpr . /tmp',
    '/usr/lib/openssh/sftp-server',
    'internal-sftp',
    `git-upload-pack /scls/${'x'.repeat(2000)}`,
  ])('is refused with the next step: %j', (text) => {
    const error = refusal(() => parse(text));
    expect(error.message).toMatch(/\w/);
    expect(error.detail.remedy).toMatch(/\w/);
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  it('never holds what a shell would take apart, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HOSTILE_EVERYWHERE.filter((part) => !["'", '/'].includes(part))),
        fc.nat(40),
        (part, at) => {
          const text = "git-upload-pack '/scls/python.git'";
          const cut = Math.min(at, text.length);
          const hostile = text.slice(0, cut) + part + text.slice(cut);
          expect(isAccepted(() => parse(hostile))).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is a component that the one rule allows, or refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const form of [text, `git-upload-pack ${text}`, `git-receive-pack ${quote(text)}`])
          if (isAccepted(() => parse(form))) expect(['', 'whoami']).toContain(form);
      }),
    );
  });
});
