import { fail } from '../api/distgit-error.ts';
import { quoted } from './text.ts';

/** Enterprise-linux releases that branches are made for; `s` is CentOS Stream. */
export const EL_RELEASES = ['6', '7', '8', '8s', '9', '9s', '10', '10s'] as const;
export type ElRelease = (typeof EL_RELEASES)[number];

/**
 * @param text `7`, or `el7`
 * @throws DistGitError `name_invalid`
 */
export function parseElRelease(text: string): ElRelease {
  const bare = text.startsWith('el') ? text.slice(2) : text;
  const found = EL_RELEASES.find((release) => release === bare);
  return (
    found ??
    fail(
      'name_invalid',
      `EL release ${quoted(text)} is not known.`,
      `Known are: ${EL_RELEASES.join(', ')}.`,
    )
  );
}
