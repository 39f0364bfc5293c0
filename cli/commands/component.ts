import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { noSpec } from '../../core/domain/spec/no-spec.ts';
import { type CommandSpec, flagOption, listOption, textOption } from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';

type Component = ApiOutput<'showComponent'>;
type Spec = ApiOutput<'listSpecs'>['items'][number];
const PAGE = 500;

/** What is built no more says so. */
function endOf({ closed, retired }: Component['branches'][number]): string {
  return `${retired ? ' (retired)' : ''}${closed ? ' (closed)' : ''}`;
}

/** @param specs what the branches' heads say; without: not asked for */
function details(component: Component, specs: readonly Spec[] = []): string {
  const head = fields([
    ['component', component.name],
    ['clone', component.gitUrl],
    ['state', component.state],
    ['content', component.exploded ? 'exploded source' : 'spec, sources and patches'],
    ['created', shortTime(component.createdAt)],
  ]);
  const nvr = ({ name, retired }: Component['branches'][number]): string => {
    const { nvr = null, problem = null } = specs.find(({ branch }) => branch === name) ?? {};
    // That is how a branch begins, and how a retired one is.
    if (problem === noSpec(component.name)) return retired ? '-' : '- (no spec yet)';
    return nvr ?? problem ?? '';
  };
  const rows = component.branches.map((one) => [
    one.name,
    one.sig,
    `${one.builtPackage}${endOf(one)}`,
    ...(specs.length > 0 ? [nvr(one)] : []),
  ]);
  const columns = ['branch', 'sig', 'builds', ...(specs.length > 0 ? ['head'] : [])];
  return `${head}\n\n${table(columns, rows, 'No branches.')}`;
}

export const componentCommands: readonly CommandSpec[] = [
  {
    name: 'component create',
    args: '<name>',
    summary: 'Create a component: its repository and branches (SIG members)',
    options: [
      { flags: '--collection <name>', help: 'collections it is in (required)', list: true },
      { flags: '--exploded', help: 'its branches hold unpacked upstream source' },
    ],
    examples: ['centpkg component create python --collection python33,rh-python34'],
    async run({ api }, [name = ''], options) {
      const collections = listOption(options, 'collection')?.map(parseCollectionName);
      if (collections === undefined)
        fail('usage', '--collection is required.', 'For instance: --collection python33');
      const component = await api.call('createComponent', {
        name: parseComponentName(name),
        collections,
        exploded: flagOption(options, 'exploded'),
      });
      return { data: component, text: `Component ${name} is created.\n\n${details(component)}` };
    },
  },
  {
    name: 'component add',
    args: '<name> <collections...>',
    summary: 'Add a component to collections; it gets their branches',
    examples: ['centpkg component add python rh-python35'],
    async run({ api }, [name = '', ...collections]) {
      const component = await api.call('addToCollections', {
        component: parseComponentName(name),
        collections: collections.map(parseCollectionName),
      });
      return { data: component, text: details(component) };
    },
  },
  {
    name: 'component list',
    summary: 'All components',
    options: [{ flags: '--collection <name>', help: 'of one collection' }],
    examples: ['centpkg component list --collection python33'],
    async run({ api }, _args, options) {
      const collection = textOption(options, 'collection');
      const items: Component[] = [];
      for (let after: string | undefined; ; ) {
        const page = await api.call('listComponents', { collection, after, limit: PAGE });
        items.push(...page.items);
        if (page.items.length < PAGE) break;
        after = page.items.at(-1)?.name;
      }
      const rows = items.map((one) => [
        one.name,
        [...new Set(one.branches.map((branch) => branch.collection))].join(', '),
        String(one.branches.length),
      ]);
      const text = table(['name', 'collections', 'branches'], rows, 'No components.');
      return { data: items, text };
    },
  },
  {
    name: 'component show',
    args: '<name>',
    summary: 'One component: clone URL, branches, built packages, NVR of each head',
    examples: ['centpkg component show python'],
    async run({ api }, [name = '']) {
      const input = { component: parseComponentName(name) };
      const component = await api.call('showComponent', input);
      const { items } = await api.call('listSpecs', input);
      return { data: { ...component, specs: items }, text: details(component, items) };
    },
  },
];
