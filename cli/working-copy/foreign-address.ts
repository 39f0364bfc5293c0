import { fail } from '../../core/api/distgit-error.ts';

/** A repository elsewhere, and what git needs to read it. */
export interface ForeignAddress {
  /** What git is told: a URL without name and password, or a path. */
  readonly url: string;
  /** For people and for messages of commits. */
  readonly shown: string;
  /** Settings of git that log in there. */
  readonly settings: readonly (readonly [key: string, value: string])[];
  /** What those settings read. */
  readonly variables: NodeJS.ProcessEnv;
}

/** Says to git what the URL had. git runs it by a shell, and asks nobody else. */
const HELPER =
  '!f() { test "$1" = get || exit 0; printf "username=%s\\npassword=%s\\n" ' +
  '"$CENTPKG_THEIR_NAME" "$CENTPKG_THEIR_PASSWORD"; }; f';

/**
 * A URL or the path of a repository. What logs in is taken out of a URL, as command lines and
 * messages are read by others.
 * @throws DistGitError `usage`
 */
export function parseForeignAddress(text: string): ForeignAddress {
  if (text === '' || text.startsWith('-') || /\p{Cc}/u.test(text) || text.includes('::'))
    fail('usage', 'That is not the address of a git repository.', 'Give a URL: https://HOST/PATH');
  const plain = { url: text, shown: text, settings: [], variables: {} };
  if (!URL.canParse(text)) {
    // It may have a password, which is told to nobody.
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
      fail(
        'usage',
        'That is no valid URL.',
        'In names and passwords write / # ? @ % : as %2F %23 %3F %40 %25 %3A.',
      );
    return plain;
  }
  const url = new URL(text);
  const { protocol, origin, username, password } = url;
  if (!/^(?:https?|ssh|git|file):$/.test(protocol))
    fail('usage', `${protocol} is no protocol to fetch by.`, 'Use https, ssh, git or file.');
  if (!/^https?:$/.test(protocol)) {
    if (password !== '')
      fail('usage', `${protocol} takes no password in a URL.`, 'Leave it out; ssh has keys.');
    return plain;
  }
  if (username + password === '') return plain;
  url.username = '';
  url.password = '';
  const name = decoded(username);
  // A name alone may be a token as well; git asks for the password then.
  const settings: ForeignAddress['settings'] =
    password === ''
      ? [[`credential.${origin}.username`, name]]
      : [
          [`credential.${origin}.helper`, ''],
          [`credential.${origin}.helper`, HELPER],
        ];
  const variables = { CENTPKG_THEIR_NAME: name, CENTPKG_THEIR_PASSWORD: decoded(password) };
  return { url: url.href, shown: url.href, settings, variables };
}

/** The protocol of git's helpers has lines. */
function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (!/\p{Cc}/u.test(text)) return text;
  } catch {
    // As the other.
  }
  return fail('usage', 'Name or password in the URL is not valid.', 'Write % as %25.');
}
