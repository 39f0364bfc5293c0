import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { type CollectionName, parseCollectionName } from '../../core/domain/collection.ts';
import { parseElRelease } from '../../core/domain/el-release.ts';
import { planText } from '../../core/koji/plan-text.ts';
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
import { kojiStatusText } from '../output/koji-status.ts';
import { applyFile, DECLARATION_OPTIONS } from './declaration.ts';

/** Between two looks at how far it has come. */
const LOOK_MS = 500;

const EL_OPTION = { flags: '--el <release>', help: 'on this EL release only' } as const;

/** What `collection apply NAME` takes. */
const APPLY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--el <release>', help: 'on these EL releases only', list: true },
  {
    flags: '--overwrite <thing>',
    help: 'change or remove it although it is not ours, as the plan names it',
    list: true,
  },
  { flags: '--nowait', help: 'do not wait for the end' },
];

/** Has Koji set up for collections, and waits until it is, or until it waits for somebody. */
async function applyToKoji(
  { api }: CommandContext,
  names: readonly string[],
  options: Options,
): Promise<Outcome> {
  const releases = (listOption(options, 'el') ?? []).map(parseElRelease);
  const overwrite = listOption(options, 'overwrite') ?? [];
  const all: ApiOutput<'applyKoji'>[] = [];
  for (const collection of names.map(parseCollectionName))
    all.push(await api.call('applyKoji', { collection, releases, overwrite }));
  const isUnderWay = ({ items }: ApiOutput<'showKoji'>): boolean =>
    items.some(({ state, error }) => state === 'waiting' && error === null);
  if (!flagOption(options, 'nowait'))
    for (const [index, name] of names.entries())
      for (let one = all[index]; one !== undefined && isUnderWay(one); all[index] = one) {
        await pause(LOOK_MS);
        one = await api.call('showKoji', { collection: parseCollectionName(name) });
      }
  return { data: all, text: all.map(kojiStatusText).join('\n\n') };
}

const planned = ({ items }: Pick<ApiOutput<'planKoji'>, 'items'>): string =>
  items
    .map(({ collection, release, plan }) => `${collection} on EL ${release}\n\n${planText(plan)}`)
    .join('\n\n\n');

export const collectionKojiCommands: readonly CommandSpec[] = [
  {
    name: 'collection apply',
    args: '[names...]',
    summary: 'Set up Koji for collections; with -f: make them as a file declares, all or none',
    options: [...DECLARATION_OPTIONS, ...APPLY_OPTIONS],
    examples: [
      'centpkg collection apply rh-python34 rh-python35 --el 7',
      'centpkg collection apply -f collections.yaml --dry-run',
      'centpkg collection export --sig sclo | centpkg collection apply -f -',
    ],
    async run(context, names, options) {
      const file = textOption(options, 'file');
      if ((file === undefined) === (names.length === 0))
        fail(
          'usage',
          'It takes names, to set up Koji for these collections, or --file, to make collections.',
          'For instance: -f collections.yaml',
        );
      const forFiles = ['dryRun', 'prune'].some((one) => flagOption(options, one));
      if (file === undefined && forFiles)
        fail(
          'usage',
          '--dry-run and --prune are for --file.',
          `What Koji lacks is told by: centpkg collection plan ${names[0]}`,
        );
      return file === undefined
        ? applyToKoji(context, names, options)
        : applyFile(context, file, options);
    },
  },
  {
    name: 'collection plan',
    args: '<name>',
    summary: 'What Koji lacks for a collection, or has otherwise (SIG members)',
    options: [EL_OPTION],
    examples: ['centpkg collection plan rh-python34', 'centpkg collection plan rh-python34 --el 7'],
    async run({ api }, [name = ''], options) {
      const el = textOption(options, 'el');
      const data = await api.call('planKoji', {
        collection: parseCollectionName(name),
        release: el === undefined ? undefined : parseElRelease(el),
      });
      return { data: data.items, text: planned(data) || `${name} has no EL release.` };
    },
  },
  {
    name: 'collection status',
    args: '<name>',
    summary: 'How far the set-up of Koji has come',
    examples: ['centpkg collection status rh-python34'],
    async run({ api }, [name = '']) {
      const data = await api.call('showKoji', { collection: parseCollectionName(name) });
      return { data, text: kojiStatusText(data) };
    },
  },
  {
    name: 'collection drift',
    args: '[name]',
    summary: 'Compare what was set up with what Koji has now',
    options: [{ flags: '--all', help: 'of all collections that you may manage' }],
    examples: ['centpkg collection drift rh-python34', 'centpkg collection drift --all'],
    async run({ api }, [name], options) {
      if ((name === undefined) !== flagOption(options, 'all'))
        fail('usage', 'Name one collection, or give --all.', 'centpkg collection drift --all');
      const collection: CollectionName | undefined =
        name === undefined ? undefined : parseCollectionName(name);
      const data = await api.call('findDrift', { collection });
      const count = `${data.looked} compared, ${data.items.length} not as they should be.`;
      const mend = 'Have it mended: centpkg collection apply NAME';
      const text = data.items.length === 0 ? count : `${planned(data)}\n\n\n${count}\n${mend}`;
      return { data, text };
    },
  },
];
