import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  listOption,
  textOption,
} from '../command.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

type Component = ApiOutput<'showComponent'>;

const DRY_RUN = { flags: '--dry-run', help: 'say what would be asked for; change nothing' };

const branchLines = ({ branches }: Component): string =>
  branches.map(({ name, builtPackage }) => `  ${name}: builds ${builtPackage}`).join('\n');

/** Null: there is none of this name. */
async function componentOf(
  { api }: CommandContext,
  component: ComponentName,
): Promise<Component | null> {
  return api.call('showComponent', { component }).catch((error: unknown) => {
    if (error instanceof DistGitError && error.code === 'not_found') return null;
    throw error;
  });
}

export const requestRepo: CommandSpec = {
  name: 'request-repo',
  args: '<name>',
  summary: 'Create a component: its repository and branches (SIG members)',
  details:
    'Nobody has to answer this request: members of the SIG that owns the collections get the ' +
    'repository at once. It is what "centpkg component create" does.',
  options: [
    { flags: '--collection <name>', help: 'collections it is in (required)', list: true },
    DRY_RUN,
  ],
  examples: ['centpkg request-repo python --collection python33,rh-python34'],
  async run(context, [given = ''], options) {
    const name = parseComponentName(given);
    const collections = listOption(options, 'collection')?.map(parseCollectionName);
    if (collections === undefined)
      fail(
        'usage',
        '--collection is required.',
        `centpkg collection list shows them: centpkg request-repo ${name} --collection NAME`,
      );
    const there = await componentOf(context, name);
    if (there !== null)
      fail(
        'conflict',
        `There is a component ${name}.`,
        `Add it to a collection: centpkg component add ${name} ${collections.join(' ')}`,
      );
    if (flagOption(options, 'dryRun')) {
      const found = await Promise.all(
        collections.map((collection) => context.api.call('showCollection', { collection })),
      );
      const branches = found.flatMap((one) =>
        one.releases.map(({ release }) => `scl-${one.name}-el${release}`),
      );
      const text = `Would create ${name} with the branches ${branches.join(', ')}. Nothing was changed.`;
      return { data: { dryRun: true, name, branches }, text };
    }
    const component = await context.api.call('createComponent', { name, collections });
    const text = `${name} is created:\n${branchLines(component)}\nGo on with: centpkg clone ${name}`;
    return { data: component, text };
  },
};

export const requestBranch: CommandSpec = {
  name: 'request-branch',
  args: '[branch]',
  summary: 'Get a component a branch: add it to the collection of that branch (SIG members)',
  details:
    'Nobody has to answer this request. A collection has the same EL releases for all its ' +
    'components, so that a component that comes to it gets all its branches.',
  options: [
    { flags: '--repo <component>', help: 'the component (default: that of the clone)' },
    DRY_RUN,
  ],
  examples: [
    'centpkg request-branch scl-rh-python34-el7',
    'centpkg request-branch --repo python sig-sclo7-rh-python34-rh',
  ],
  async run(context, [given], options) {
    const named =
      given === undefined
        ? (context.given.release ??
          fail('usage', 'No branch was named.', 'centpkg request-branch scl-NAME-elRELEASE'))
        : parseBranchOrAlias(given);
    const wanted = { collection: named.collection, release: named.release };
    const branch = branchName(wanted);
    const repo = textOption(options, 'repo');
    const name =
      repo === undefined ? (await openWorkingCopy(context)).component : parseComponentName(repo);
    const component = await componentOf(context, name);
    if (component === null)
      fail(
        'not_found',
        `There is no component ${name}.`,
        `Create it: centpkg request-repo ${name} --collection ${wanted.collection}`,
      );
    if (component.branches.some((one) => one.name === branch))
      fail('conflict', `${name} has the branch ${branch}.`, `centpkg clone -b ${branch} ${name}`);
    const collection = await context.api.call('showCollection', { collection: wanted.collection });
    if (!collection.releases.some(({ release }) => release === wanted.release))
      fail(
        'not_found',
        `${collection.name} is not built for EL ${wanted.release}.`,
        `All its ${collection.components.length} components get a branch at once by: centpkg collection add-release ${collection.name} ${wanted.release}`,
      );
    if (flagOption(options, 'dryRun')) {
      const branches = collection.releases.map(
        ({ release }) => `scl-${collection.name}-el${release}`,
      );
      const text = `Would add ${name} to ${collection.name}, with the branches ${branches.join(', ')}. Nothing was changed.`;
      return { data: { dryRun: true, component: name, branches }, text };
    }
    const changed = await context.api.call('addToCollections', {
      component: name,
      collections: [wanted.collection],
    });
    const text = `${name} is in ${collection.name} now:\n${branchLines(changed)}\nGo on with: centpkg switch-branch --fetch ${branch}`;
    return { data: changed, text };
  },
};
