import type { CommandContext } from '../command.ts';

/** For git, where --quiet was given to us. */
export function quietly({ given }: Pick<CommandContext, 'given'>): string[] {
  return given.quiet ? ['--quiet'] : [];
}
