import { DistGitError } from '../../core/api/distgit-error.ts';

/** What is printed of an error, and the exit status that goes with its kind. */
export interface ErrorReport {
  readonly exit: number;
  readonly text: string;
  readonly data: unknown;
}

/** What happened, why, what to do next. Control characters never reach the terminal. */
export function reportError(error: unknown): ErrorReport {
  if (!(error instanceof DistGitError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      exit: 1,
      text: `error: ${printable(message)}\nThis is a fault of centpkg itself; please report it.`,
      data: { error: { code: 'internal', message } },
    };
  }
  const { remedy, rule, problems = [] } = error.detail;
  const lines = [
    `error: ${error.message}${rule === undefined ? '' : ` [${rule}]`}`,
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...(remedy === undefined ? [] : [`to do: ${remedy}`]),
  ];
  return {
    exit: error.kind.exit,
    text: lines.map(printable).join('\n'),
    data: { error: { code: error.code, message: error.message, ...error.detail } },
  };
}

/** For a terminal: what a server or a file said may hold control characters. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '?');
}
