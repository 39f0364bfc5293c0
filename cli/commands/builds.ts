import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { quoted } from '../../core/domain/text.ts';
import type { Build } from '../builds/watch-task.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  textOption,
} from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';
import { currentBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

const HEAD = ['id', 'build', 'state', 'tags', 'task', 'commit', 'by', 'submitted'];
const row = (one: Build): string[] => [
  String(one.id),
  one.kind === 'scratch' ? `${one.component} (scratch)` : (one.nvr ?? one.component),
  one.problem === null ? one.state : `${one.state}: ${one.problem}`,
  one.tags.join(', ') || '-',
  one.task === null ? '-' : String(one.task),
  one.commit?.slice(0, 12) ?? 'SRPM',
  one.submittedBy,
  shortTime(one.submittedAt),
];

const testsOf = ({ results }: ApiOutput<'listBuilds'>['items'][number]): string =>
  results.map(({ test, outcome }) => `${test} ${outcome}`).join(', ') || '-';

/** @param what of which it is the number. @throws DistGitError `usage` */
function numberOf(what: string, text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    fail('usage', `${text} is not the number of a ${what}.`, 'See "centpkg builds".');
  return Number(text);
}

const BUILD_OPTION = { flags: '--build <id>', help: 'a build that has no task (see builds)' };
const PUSH_OPTION = {
  flags: '--push <id>',
  help: 'a push whose builds could not be asked for (see builds)',
};

type Named = { readonly task: number } | { readonly build: number } | { readonly push: string };

/** What is to be canceled or built again: one of three. @throws DistGitError `usage` */
function oneOf([task]: readonly (string | undefined)[], options: Options): Named {
  const [build, push] = [textOption(options, 'build'), textOption(options, 'push')];
  if ([task, build, push].filter((one) => one !== undefined).length !== 1)
    fail('usage', 'Name one thing: a task, or what an option names.', 'See "centpkg builds".');
  if (push !== undefined) return { push };
  return build === undefined
    ? { task: numberOf('task', task ?? '') }
    : { build: numberOf('build', build) };
}

/**
 * The full id of a commit, as a server gave it: git is handed no option, and no other name.
 * @throws DistGitError `unavailable`
 */
function commitId(text: string): string {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text))
    fail(
      'unavailable',
      `The server's answer is not the id of a commit: ${quoted(text)}`,
      'Ask who runs it; nothing was checked out.',
    );
  return text;
}

/** The newest build of a branch in the tag of a level. @throws DistGitError `not_found` */
async function newestIn(context: CommandContext, branch: string, from: string): Promise<string> {
  const { component } = await openWorkingCopy(context);
  const name = branchName(parseBranchOrAlias(branch));
  const { items } = await context.api.call('listBuilds', {
    component,
    branch: name,
    state: 'complete',
    limit: 1000,
  });
  const found = items.find(
    ({ nvr, tags }) => nvr !== null && tags.some((tag) => tag.endsWith(`-${from}`)),
  );
  return (
    found?.nvr ??
    fail('not_found', `No build of ${component} on ${name} is in ${from}.`, 'See "centpkg builds".')
  );
}

const LEVELS = ['testing', 'release'] as const;
type Level = (typeof LEVELS)[number];
const levelOption = (text: string | undefined, flag: string): Level =>
  LEVELS.find((one) => one === text) ?? fail('usage', `${flag} is required.`, `${flag} testing`);

/** Builds that there are, and what becomes of them. */
export const buildsCommands: readonly CommandSpec[] = [
  {
    name: 'builds',
    summary: 'Builds of a branch: state, tags, task',
    options: [
      { flags: '--component <name>', help: 'of this component (default: that of the clone)' },
      { flags: '-b, --branch <branch>', help: 'of this branch (default: what is checked out)' },
      { flags: '--all', help: 'of all branches' },
    ],
    examples: ['centpkg builds', 'centpkg builds --component python --all'],
    async run(context, _args, options) {
      const named = textOption(options, 'component');
      const copy = named === undefined ? await openWorkingCopy(context) : null;
      const given = textOption(options, 'branch');
      const branch =
        given !== undefined
          ? branchName(parseBranchOrAlias(given))
          : flagOption(options, 'all') || copy === null
            ? undefined
            : branchName(await currentBranch(copy));
      const { items, parked } = await context.api.call('listBuilds', {
        component: copy?.component ?? parseComponentName(named ?? ''),
        branch,
      });
      for (const { push, branch: of, commit, user } of parked)
        context.note(
          `${of} at ${commit.slice(0, 12)}, pushed by ${user}, is not built: Koji could not be asked. Try again: centpkg resubmit --push ${push}`,
        );
      const isTested = items.some(({ results }) => results.length > 0);
      const [head, rows] = isTested
        ? [[...HEAD, 'tests'], items.map((one) => [...row(one), testsOf(one)])]
        : [HEAD, items.map(row)];
      return { data: items, text: table(head, rows, 'No builds.') };
    },
  },
  {
    name: 'cancel',
    args: '[task]',
    summary: 'Cancel a build that is under way',
    options: [BUILD_OPTION],
    examples: ['centpkg cancel 4711', 'centpkg cancel --build 12'],
    async run({ api }, args, options) {
      const what = oneOf(args, options);
      if ('push' in what) fail('usage', 'A push is not canceled.');
      const { items, told } =
        'task' in what ? await api.call('cancelTask', what) : await api.call('cancelBuild', what);
      const name = 'task' in what ? `task ${what.task}` : `build ${what.build}`;
      const text = told
        ? `Koji cancels ${name}.`
        : `${name[0]?.toUpperCase()}${name.slice(1)} is canceled as soon as Koji can be told: see "centpkg builds".`;
      return { data: items, text };
    },
  },
  {
    name: 'resubmit',
    args: '[task]',
    summary: 'Build again what failed or was canceled, or could not be asked for',
    options: [BUILD_OPTION, PUSH_OPTION],
    examples: ['centpkg resubmit 4711', 'centpkg resubmit --build 12'],
    async run({ api }, args, options) {
      const what = oneOf(args, options);
      if ('push' in what) {
        const data = await api.call('resubmitPush', what);
        const text = `The builds of the push to ${data.component} are asked for again: see "centpkg builds".`;
        return { data, text };
      }
      const { items } =
        'task' in what
          ? await api.call('resubmitTask', what)
          : await api.call('resubmitBuild', what);
      const again = items[0]?.task;
      const text = `Koji builds it again as task ${again}.\nFollow it: centpkg watch ${again}`;
      return { data: items, text };
    },
  },
  {
    name: 'source',
    args: '<nvr>',
    summary: 'Where a build came from: repository, branch and commit',
    options: [{ flags: '--checkout', help: 'check the commit out, in a clone of the component' }],
    examples: [
      'centpkg source python33-python-3.3.2-16.el7',
      'centpkg source --checkout python33-python-3.3.2-16.el7',
    ],
    async run(context, [nvr = ''], options) {
      const data = await context.api.call('showBuild', { nvr });
      if (flagOption(options, 'checkout')) {
        const copy = await openWorkingCopy(context);
        if (copy.component !== data.component)
          fail(
            'usage',
            `This is a clone of ${copy.component}, and ${nvr} is a build of ${data.component}.`,
            `Go into a clone of it: centpkg clone ${data.component}`,
          );
        const commit = commitId(data.commit);
        const has = await copy.git.ask('cat-file', '-e', `${commit}^{commit}`);
        if (has === null) await copy.git.show('fetch', '--quiet', copy.remote);
        await copy.git.show('checkout', '--quiet', '--detach', commit);
      }
      const text = fields([
        ['build', nvr],
        ['repository', data.gitUrl],
        ['branch', data.branch],
        ['commit', data.commit],
      ]);
      return { data, text };
    },
  },
  {
    name: 'gitbuildhash',
    args: '<nvr>',
    summary: 'The commit that a build was made of',
    examples: ['centpkg gitbuildhash python33-python-3.3.2-16.el7'],
    async run({ api }, [nvr = '']) {
      const data = await api.call('showBuild', { nvr });
      return { data: { nvr, commit: data.commit }, text: data.commit };
    },
  },
  {
    name: 'promote',
    args: '[nvr]',
    summary: 'Put a build into the tag of the next level',
    options: [
      { flags: '--to <level>', help: 'committers: testing; chairs: release', choices: LEVELS },
      { flags: '-b, --branch <branch>', help: 'the newest build of the branch that can be' },
    ],
    examples: [
      'centpkg promote python33-python-3.3.2-16.el7 --to testing',
      'centpkg promote --branch scl-python33-el7 --to release',
    ],
    async run(context, [given], options) {
      const to = levelOption(textOption(options, 'to'), '--to');
      const branch = textOption(options, 'branch');
      if ((given === undefined) === (branch === undefined))
        fail('usage', 'Name a build or a branch, and not both.');
      const below = to === 'testing' ? 'candidate' : 'testing';
      const nvr = given ?? (await newestIn(context, branch ?? '', below));
      const data = await context.api.call('promoteBuild', { nvr, to });
      const text = `Koji puts ${nvr} into ${data.tag}, by task ${data.task}.\n"centpkg builds" shows when it is there.`;
      return { data, text };
    },
  },
  {
    name: 'demote',
    args: '<nvr>',
    summary: 'Take a build out of the tag of a level',
    options: [
      { flags: '--from <level>', help: 'committers: testing; chairs: release', choices: LEVELS },
    ],
    examples: ['centpkg demote python33-python-3.3.2-16.el7 --from testing'],
    async run({ api }, [nvr = ''], options) {
      const from = levelOption(textOption(options, 'from'), '--from');
      const data = await api.call('demoteBuild', { nvr, from });
      const text = `${nvr} is out of ${data.tag}; it is in ${data.tags.join(', ') || 'no tag'}.`;
      return { data, text };
    },
  },
  {
    name: 'collection auto-build',
    args: '<name> <on|off>',
    summary: 'Build whatever is pushed to the collection, or do not (SIG members)',
    examples: ['centpkg collection auto-build python33 on'],
    async run({ api }, [name = '', word = '']) {
      if (word !== 'on' && word !== 'off') fail('usage', 'Say on or off.');
      const collection = parseCollectionName(name);
      const data = await api.call('setAutoBuild', { collection, on: word === 'on' });
      const text = data.autoBuild
        ? `Pushes to ${name} are built.`
        : `Pushes to ${name} are not built by themselves.`;
      return { data, text };
    },
  },
];
