import { fail } from '../../core/api/distgit-error.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseElRelease } from '../../core/domain/el-release.ts';
import { type CommandContext, type CommandSpec, listOption, textOption } from '../command.ts';

type Options = Parameters<CommandSpec['run']>[2];

const EL_OPTION = {
  flags: '--el <release>',
  help: 'on these EL releases (default: all)',
  list: true,
} as const;
const COLLECTION_OPTION = {
  flags: '--collection <name>',
  help: 'in this collection (required)',
} as const;

async function setClosed({ api }: CommandContext, name: string, options: Options, closed: boolean) {
  const data = await api.call('setClosed', {
    collection: parseCollectionName(name),
    closed,
    releases: (listOption(options, 'el') ?? []).map(parseElRelease),
  });
  const where = data.releases.map((release) => `EL ${release}`).join(', ');
  return { data, text: `${name} is ${closed ? 'closed' : 'open'} on ${where}.`, done: true };
}

async function setRetired(
  { api }: CommandContext,
  name: string,
  options: Options,
  retired: boolean,
) {
  const collection = textOption(options, 'collection');
  if (collection === undefined)
    fail('usage', '--collection is required.', 'For instance: --collection python33');
  const data = await api.call('setRetired', {
    component: parseComponentName(name),
    collection: parseCollectionName(collection),
    retired,
  });
  const text = `${name} is ${retired ? 'retired' : 'not retired'} in ${collection}.`;
  return { data, text, done: true };
}

export const endOfLifeCommands: readonly CommandSpec[] = [
  {
    name: 'collection close',
    args: '<name>',
    summary: 'End its life: no push, no build, locked tags (SIG members)',
    details:
      'Its branches take no push and no build any more. Where Koji was set up for it, its tags are ' +
      'locked there. What was built stays, and so does what depends on it.',
    options: [EL_OPTION],
    examples: ['centpkg collection close python33 --el 6', 'centpkg collection close python33'],
    run: (context, [name = ''], options) => setClosed(context, name, options, true),
  },
  {
    name: 'collection reopen',
    args: '<name>',
    summary: 'Open again what was closed (SIG members)',
    options: [EL_OPTION],
    examples: ['centpkg collection reopen python33 --el 6'],
    run: (context, [name = ''], options) => setClosed(context, name, options, false),
  },
  {
    name: 'component retire',
    args: '<name>',
    summary: 'Build it no more in a collection; its package is blocked in Koji (SIG members)',
    details:
      'Of the whole collection, on every EL release. The branches stay as they are: centpkg retire ' +
      'leaves only the reason on one.',
    options: [COLLECTION_OPTION],
    examples: ['centpkg component retire python --collection python33'],
    run: (context, [name = ''], options) => setRetired(context, name, options, true),
  },
  {
    name: 'component unretire',
    args: '<name>',
    summary: 'Have it built in a collection again (SIG members)',
    options: [COLLECTION_OPTION],
    examples: ['centpkg component unretire python --collection python33'],
    run: (context, [name = ''], options) => setRetired(context, name, options, false),
  },
];
