import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { ERROR_TABLE } from '../../core/api/error-table.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandSpec, flagOption, listOption, type Options, textOption } from '../command.ts';
import { table } from '../output/table.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { parseForeignAddress } from '../working-copy/foreign-address.ts';
import { pushTo } from '../working-copy/import-branch.ts';
import {
  fetchForeign,
  forgetForeign,
  type ImportedBranch,
  importForeign,
  pairBranches,
} from '../working-copy/import-git.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

type Row = Omit<ImportedBranch, 'state'> & {
  readonly state: ImportedBranch['state'] | 'refused';
  readonly reason: string | null;
};

export const importGit: CommandSpec = {
  name: 'import-git',
  args: '<url>',
  summary: 'Bring branches of another dist-git here, with their history and sources',
  options: [
    {
      flags: '--branch <pairs>',
      help: 'THEIRS or THEIRS:OURS (default: by their names)',
      list: true,
    },
    {
      flags: '--lookaside <url>',
      help: "their look-aside cache; rpkg's %(name)s ... are filled in",
    },
    { flags: '--name <package>', help: 'the package there (default: the component)' },
    { flags: '--push', help: 'push each branch' },
    { flags: '--dry-run', help: 'say what would be done; change nothing' },
  ],
  examples: [
    'centpkg import-git https://github.com/sclorg-distgit/python.git --dry-run',
    'centpkg import-git https://git.example.org/rpms/python --branch c7:scl-python33-el7 --lookaside https://git.example.org/sources',
  ],
  async run(context, [address = ''], options) {
    const their = parseForeignAddress(address);
    const lookaside = lookasideOf(options);
    const copy = await openWorkingCopy(context);
    const { component, git, remote } = copy;
    const { branches, exploded } = await context.api.call('showComponent', { component });
    if (exploded)
      fail('conflict', `${component} holds unpacked source.`, 'Push their branches with git.');
    const have = branches.map(({ name }) => name);
    const { pairs, passedOver } = await pairBranches(
      copy,
      their,
      listOption(options, 'branch'),
      have,
    );
    await git.show(...credentialOptions(context.config, copy.url), 'fetch', '--quiet', remote);
    const dryRun = flagOption(options, 'dryRun');
    const name = textOption(options, 'name') ?? component;
    const rows: Row[] = [];
    try {
      await fetchForeign(copy, their, pairs);
      for (const pair of pairs) {
        const { theirs, ours } = pair;
        context.note(`${theirs} into ${branchName(ours)} ...`);
        const cache = lookaside === null ? null : { url: lookaside, name, branch: theirs };
        try {
          const row = await importForeign(context, copy, pair, { url: their.shown, cache, dryRun });
          if (flagOption(options, 'push') && !dryRun)
            await pushTo(context, copy, ours, `refs/heads/${branchName(ours)}`);
          rows.push({ ...row, reason: null });
        } catch (error) {
          rows.push({ theirs, ours: branchName(ours), ...refusal(error) });
        }
      }
    } finally {
      await forgetForeign(copy, pairs);
    }
    return outcome(rows, passedOver, dryRun);
  },
};

function outcome(rows: readonly Row[], passedOver: readonly string[], dryRun: boolean) {
  const cells = rows.map(({ theirs, ours, state, commit, sources, reason }) => [
    theirs,
    ours,
    state,
    commit?.slice(0, 10) ?? '-',
    reason ?? `${sources.length} sources`,
  ]);
  const text = [
    table(['theirs', 'ours', 'state', 'commit', ''], cells, 'No branches.'),
    ...(passedOver.length === 0 ? [] : [`Passed over: ${passedOver.join(', ')}`]),
    ...(dryRun ? ['Nothing was changed.'] : []),
  ];
  const refused = rows.some(({ state }) => state === 'refused');
  return {
    data: { branches: rows, passedOver },
    text: text.join('\n'),
    ...(refused ? { exit: ERROR_TABLE.check_failed.exit } : {}),
  };
}

/** One branch that is refused does not stop the others; what would stop them is thrown on. */
function refusal(error: unknown) {
  if (!(error instanceof DistGitError) || error.kind.retryable) throw error;
  if (/^(interrupted|authentication_required|credential_invalid)$/.test(error.code)) throw error;
  const { remedy = '', problems = [] } = error.detail;
  const more = problems.map(({ path, message }) => `${path}: ${message}`);
  const reason = [error.message, ...more, remedy].filter((part) => part !== '').join(' ');
  return { state: 'refused', commit: null, sources: [], reason } as const;
}

/** @throws DistGitError `usage` */
function lookasideOf(options: Options): string | null {
  const text = textOption(options, 'lookaside');
  if (text === undefined) return null;
  // rpkg's placeholders are no part of a URL.
  const plain = text.replace(/%\(\w+\)s/g, 'x');
  const url = URL.canParse(plain) ? new URL(plain) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '')
    fail(
      'usage',
      'That is not the address of a look-aside cache.',
      'Give --lookaside https://HOST/PATH',
    );
  return text;
}
