import { fail } from '../api/distgit-error.ts';
import { type ComponentName, parseComponentName } from './component-name.ts';
import { quoted } from './text.ts';

/** What git may ask for over SSH. */
export const SSH_SERVICES = ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'] as const;
export type SshService = (typeof SSH_SERVICES)[number];

export type SshCommand =
  /** `ssh HOST` and nothing else. */
  | { readonly kind: 'shell' }
  | { readonly kind: 'whoami' }
  | { readonly kind: 'git'; readonly service: SshService; readonly component: ComponentName };

const MAX_COMMAND = 1000;

/**
 * The command of an SSH session, as git sends it: `git-upload-pack '/scls/python.git'`, or
 * `git upload-pack …`. Two words, in git's own quoting; everything else is refused, above all what
 * a shell would read in another way.
 * @param text null: no command
 * @throws DistGitError `usage`, `name_invalid`
 */
export function parseSshCommand(text: string | null, namespace: string): SshCommand {
  if (text === null || text === '') return { kind: 'shell' };
  if (text === 'whoami') return { kind: 'whoami' };
  const words = text.length > MAX_COMMAND ? null : wordsOf(text.replace(/^git (?=[a-z])/, 'git-'));
  const service = SSH_SERVICES.find((one) => one === words?.[0]);
  if (words === null || service === undefined)
    fail(
      'usage',
      `${quoted(text)} can not be run here.`,
      `Only git is served: ${SSH_SERVICES.join(', ')}, and "whoami".`,
    );
  const [, path = ''] = words;
  if (words.length !== 2 || path.startsWith('-'))
    fail('usage', `${service} takes one repository and no options.`, pathAdvice(namespace));
  return { kind: 'git', service, component: componentOfPath(path, namespace) };
}

function componentOfPath(path: string, namespace: string): ComponentName {
  const relative = path.startsWith('/') ? path.slice(1) : path;
  const prefix = `${namespace}/`;
  if (!relative.startsWith(prefix))
    fail('not_found', `There is no repository ${quoted(path)}.`, pathAdvice(namespace));
  return parseComponentName(relative.slice(prefix.length).replace(/\.git$/, ''));
}

const pathAdvice = (namespace: string): string =>
  `Repositories are at ssh://HOST/${namespace}/<component>.git`;

/** Words in git's quoting (its `sq_quote`): `'…'`, with `\'` and `\!` between. Null: not that. */
function wordsOf(text: string): string[] | null {
  const words = text.split(' ');
  const plain = words.map((word) => {
    if (!/^(?:'[^'\p{Cc}]*'|\\['!]|[\w@+./:=~-])+$/u.test(word)) return null;
    return word.replace(/'([^']*)'|\\(['!])/g, (_, inside = '', escaped = '') => inside + escaped);
  });
  return plain.includes(null) ? null : (plain as string[]);
}
