import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ErrorCode } from '../../core/api/error-table.ts';
import { systemError } from './system-error.ts';

/** What is printed of an error, and the exit status that goes with its kind. */
export interface ErrorReport {
  readonly exit: number;
  readonly text: string;
  readonly data: unknown;
}

/** What to type next, where the error itself does not say it. */
const NEXT: Partial<Record<ErrorCode, string>> = {
  internal: 'Try again; if it stays, tell the site admins the time and the command.',
  input_invalid: 'Look at what the command takes: --help',
  name_invalid: 'Look at what the command takes: --help',
  usage: 'Look at what the command takes: --help',
  not_found: 'See what there is: centpkg component list, centpkg collection list',
  authentication_required: 'Log in: centpkg login --token-file FILE',
  credential_invalid: 'Log in again: centpkg login --token-file FILE',
  not_allowed: 'See what you may do: centpkg whoami',
  too_many_attempts: 'Wait, and try again.',
  locked: 'Wait, and try again.',
  checksum_mismatch: 'Try again; if it stays: centpkg lookaside verify COMPONENT',
  storage_full: 'Tell the site admins.',
  unavailable: 'Try again; centpkg config shows the address.',
};

const LOG_IN = 'Log in: centpkg login --token-file FILE; a site admin issues the first token.';

/** What happened, why, what to do next. Control characters never reach the terminal. */
export function reportError(thrown: unknown): ErrorReport {
  const error = systemError(thrown) ?? thrown;
  if (!(error instanceof DistGitError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      exit: 1,
      text: `error: ${printable(message)}\nThis is a fault of centpkg itself; please report it.`,
      data: { error: { code: 'internal', message } },
    };
  }
  const { remedy: told = NEXT[error.code], rule, problems = [] } = error.detail;
  // The server's words are for browsers and git, too.
  const remedy = rule === 'login-required' ? LOG_IN : told;
  const lines = [
    `error: ${error.message}${rule === undefined ? '' : ` [${rule}]`}`,
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...(remedy === undefined ? [] : [`to do: ${remedy}`]),
  ];
  return {
    exit: error.kind.exit,
    text: lines.map(printable).join('\n'),
    data: {
      error: {
        code: error.code,
        message: error.message,
        ...error.detail,
        ...(remedy === undefined ? {} : { remedy }),
      },
    },
  };
}

/** For a terminal: what a server or a file said may hold control characters. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '?');
}
