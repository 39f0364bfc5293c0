import { fail } from '../../core/api/distgit-error.ts';
import type { CommandSpec } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { completionTable } from '../completion/completion-table.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { NOUNS } from '../nouns.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
type Shell = keyof typeof SHELLS;
const isShell = (name: string): name is Shell => name in SHELLS;

/** @param commands all that there are, this one included */
export function completionCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    name: 'completion',
    args: '<shell>',
    summary: 'Print what lets a shell complete centpkg: bash, zsh or fish',
    details:
      'bash: into ~/.local/share/bash-completion/completions/centpkg. zsh: as _centpkg into a ' +
      'folder of $fpath. fish: into ~/.config/fish/completions/centpkg.fish.',
    examples: [
      'source <(centpkg completion bash)',
      'centpkg completion zsh > ~/.zfunc/_centpkg',
      'centpkg completion fish > ~/.config/fish/completions/centpkg.fish',
    ],
    run(_context, [shell = '']) {
      const names = Object.keys(SHELLS);
      if (!isShell(shell))
        fail('usage', `There is no completion for ${shell}.`, `Name one of: ${names.join(', ')}`);
      const script = SHELLS[shell](completionTable(commands(), NOUNS, names));
      return Promise.resolve({ data: { shell, script }, text: script.trimEnd() });
    },
  };
}
