import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { pushedCommit } from '../builds/pushed-commit.ts';
import { startOfSrpm } from '../builds/start-of-srpm.ts';
import { type Build, watchTask } from '../builds/watch-task.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  listOption,
  type OptionSpec,
  type Options,
  type Outcome,
  textOption,
} from '../command.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

const COMMON: readonly OptionSpec[] = [
  { flags: '--target <name>', help: "Koji's target (default: the branch's own)" },
  { flags: '--nowait', help: 'do not wait for the end' },
  { flags: '--background', help: 'with low priority' },
];
const FAIL_FAST: OptionSpec = {
  flags: '--fail-fast',
  help: 'stop all architectures when one fails',
};
const ARCHES: OptionSpec = {
  flags: '--arches <names...>',
  help: 'only on these architectures; Koji does that in scratch builds alone',
  list: true,
};

const SRPM: OptionSpec = {
  flags: '--srpm [file]',
  help: 'a scratch build of this source package (default: one that "centpkg srpm" makes of what lies here), whether pushed or not',
};

async function build(
  context: CommandContext,
  options: Options,
  scratch: boolean,
): Promise<Outcome> {
  if (options.srpm !== undefined) return buildOfSrpm(context, options, scratch);
  const arches = listOption(options, 'arches') ?? null;
  if (arches !== null && !scratch)
    fail(
      'usage',
      '--arches is for scratch builds alone.',
      'Add --scratch; or let the first architecture go before: --first-arch',
    );
  const firstArch = flagOption(options, 'firstArch');
  if (firstArch && scratch) fail('usage', '--first-arch and --scratch exclude each other.');
  const copy = await openWorkingCopy(context);
  const { branch, commit } = await pushedCommit(copy);
  const { notes, ...started } = await context.api.call('startBuild', {
    component: copy.component,
    branch: branchName(branch),
    commit,
    scratch,
    arches,
    firstArch,
    target: textOption(options, 'target'),
    skipTag: flagOption(options, 'skipTag'),
    failFast: flagOption(options, 'failFast'),
    background: flagOption(options, 'background'),
  });
  for (const line of notes) context.note(line);
  return outcome(context, options, [started]);
}

/** Koji's rule, and CentOS's: what is kept is built from a commit that everybody can have. */
async function buildOfSrpm(
  context: CommandContext,
  options: Options,
  scratch: boolean,
): Promise<Outcome> {
  if (!scratch)
    fail(
      'usage',
      'A build that is kept is made of a pushed commit, never of an SRPM.',
      'Try the package: centpkg scratch-build --srpm; to keep it, commit, push, and: centpkg build',
    );
  if (flagOption(options, 'skipTag'))
    fail('usage', 'A scratch build goes into no tag.', 'Leave --skip-tag out.');
  if (flagOption(options, 'firstArch'))
    fail('usage', '--first-arch and --scratch exclude each other.');
  const { notes, ...started } = await startOfSrpm(context, textOption(options, 'srpm'), {
    target: textOption(options, 'target'),
    arches: listOption(options, 'arches')?.join(','),
    failFast: flagOption(options, 'failFast') ? 'true' : undefined,
    background: flagOption(options, 'background') ? 'true' : undefined,
  });
  for (const line of notes) context.note(line);
  return outcome(context, options, [started]);
}

async function outcome(
  context: CommandContext,
  options: Options,
  builds: readonly Build[],
): Promise<Outcome> {
  const [first] = builds;
  const task = first?.task ?? fail('unavailable', 'Koji gave the build no task.');
  const line = `Koji builds ${builds.map(nameOf).join(', ')} as task ${task}.`;
  if (flagOption(options, 'nowait'))
    return { data: builds, text: `${line}\nFollow it: centpkg watch ${task}` };
  context.note(line);
  return watched(context, task);
}

const nameOf = ({ nvr, component, commit, srpm, kind }: Build): string =>
  srpm ?? (kind === 'scratch' || nvr === null ? `${component} at ${commit?.slice(0, 12)}` : nvr);

async function watched(context: CommandContext, task: number): Promise<Outcome> {
  const builds = await watchTask(context, task);
  const lines = builds.map((one) =>
    one.kind === 'scratch'
      ? `The scratch build of ${one.component} is complete.`
      : `${one.nvr} is complete, in ${one.tags.join(', ') || 'no tag'}.`,
  );
  const problems = builds.map(({ problem }) => problem).filter((one) => one !== null);
  return { data: builds, text: [...lines, ...problems].join('\n') };
}

/** `a b : c` is two levels. */
function levelsOf(words: readonly string[]): string[][] {
  const levels: string[][] = [[]];
  for (const word of words) {
    if (word === ':') levels.push([]);
    else levels.at(-1)?.push(parseComponentName(word));
  }
  return levels.filter((level) => level.length > 0);
}

/** A task's number, or that of a build. */
async function taskNamed({ api }: CommandContext, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text);
  const { task } = await api.call('showBuild', { nvr: text });
  return task ?? fail('not_found', `${text} has no task.`);
}

const watch = (name: string, hidden: boolean): CommandSpec => ({
  name,
  args: '<task>',
  summary: 'Follow a build: its tasks, and what is new in their logs',
  examples: [`centpkg ${name} 4711`, `centpkg ${name} python33-python-3.3.2-16.el7`],
  hidden,
  run: async (context, [task = '']) => watched(context, await taskNamed(context, task)),
});

/** Builds in Koji. */
export const buildCommands: readonly CommandSpec[] = [
  {
    name: 'build',
    summary: 'Build what is checked out, and pushed, in Koji',
    options: [
      ...COMMON,
      FAIL_FAST,
      { flags: '--skip-tag', help: 'put the build into no tag' },
      { flags: '--scratch', help: 'a scratch build: for trying, never in a tag' },
      ARCHES,
      SRPM,
      {
        flags: '--first-arch',
        help: 'a scratch build on the first architecture goes before; the build follows on all of them when it succeeded (Koji builds on some of them only in scratch builds)',
      },
    ],
    examples: ['centpkg build', 'centpkg build --first-arch --nowait'],
    run: (context, _args, options) => build(context, options, flagOption(options, 'scratch')),
  },
  {
    name: 'scratch-build',
    summary: 'The same as "build --scratch"',
    options: [...COMMON, FAIL_FAST, ARCHES, SRPM],
    examples: ['centpkg scratch-build --arches x86_64', 'centpkg scratch-build --srpm'],
    run: (context, _args, options) => build(context, options, true),
  },
  {
    name: 'chain-build',
    args: '<names...>',
    summary: 'Build other components of the collection, and this one last',
    options: COMMON,
    examples: [
      'centpkg chain-build python-setuptools',
      'centpkg chain-build python : python-setuptools python-nose',
    ],
    async run(context, words, options) {
      const copy = await openWorkingCopy(context);
      const { branch } = await pushedCommit(copy);
      const levels = levelsOf(words);
      if (levels.flat().includes(copy.component))
        fail(
          'usage',
          `${copy.component} comes last by itself.`,
          'Name the components that are to be built before it.',
        );
      const started = await context.api.call('startChain', {
        branch: branchName(branch),
        levels: [...levels, [copy.component]],
        target: textOption(options, 'target'),
        background: flagOption(options, 'background'),
      });
      return outcome(context, options, started.items);
    },
  },
  watch('watch', false),
  watch('watch-task', true),
];
