import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import {
  parseCollectionName,
  parseSclName,
  VENDORS,
  type Vendor,
} from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseTestName } from '../../core/domain/test-result.ts';
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
import { readDeclaration } from '../declarations/read-declaration.ts';
import { collectionDetails } from './collection.ts';

type Applied = ApiOutput<'applyDeclaration'>;
type Collection = ApiOutput<'createCollection'>;

const SIGNS = { create: '+', change: '~', remove: '-' } as const;

/** What was done, or would be: a block for each collection, then the sums. */
function appliedText({ applied, changes, unchanged, warnings }: Applied): string {
  const blocks = changes.map(({ collection, sig, action, fields }) => {
    const lines = fields.map(({ field, before, after }) => {
      const [was, is] = [before || '-', after || '-'];
      if (before === null) return `    ${field}: ${is}`;
      return after === null ? `    ${field}: removed` : `    ${field}: ${was} -> ${is}`;
    });
    return [`${SIGNS[action]} ${collection} (SIG ${sig})`, ...lines].join('\n');
  });
  const count = (action: keyof typeof SIGNS): number =>
    changes.filter((one) => one.action === action).length;
  const [created, changed, removed] = applied
    ? ['created', 'changed', 'removed']
    : ['to create', 'to change', 'to remove'];
  const sums = [
    `${count('create')} ${created}`,
    `${count('change')} ${changed}`,
    ...(count('remove') === 0 ? [] : [`${count('remove')} ${removed}`]),
    `${unchanged} as declared`,
  ].join(', ');
  return [
    ...blocks,
    ...(warnings.length === 0 ? [] : [warnings.map((one) => `! ${one}`).join('\n')]),
    `${sums}.`,
  ].join('\n\n');
}

/** As `collection apply` takes it. */
function declared(collections: readonly Collection[]) {
  const vendors = new Map(collections.map(({ name, vendor }) => [name, vendor]));
  return collections.map(
    ({ name, sig, vendor, sclName, metaComponent, inheritTesting, promotion, releases }) => ({
      name,
      sig,
      namespace: vendor,
      ...(sclName === name ? {} : { sclName }),
      metaComponent,
      ...(inheritTesting ? { inheritTesting } : {}),
      ...declaredPromotion(promotion),
      releases: Object.fromEntries(
        releases.map(({ release, depends }) => [
          release,
          depends.map(({ collection, level }) => {
            const namespace = vendors.get(collection);
            return level === 'candidate' && namespace === vendor
              ? collection
              : {
                  collection,
                  ...(namespace === undefined ? {} : { namespace }),
                  ...(level === 'candidate' ? {} : { level }),
                };
          }),
        ]),
      ),
    }),
  );
}

/** A level without tests is as one that is not declared. */
function declaredPromotion(promotion: Collection['promotion']) {
  const levels = Object.entries(promotion).filter(([, { tests }]) => tests.length > 0);
  return levels.length === 0 ? {} : { promotion: Object.fromEntries(levels) };
}

/** An option that is on, off, or not given. */
function choice(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'on';
}

/** The tests that an option names; undefined: it was not given. */
function testsOf(options: Options, name: string) {
  const tests = listOption(options, name)?.filter((test) => test !== '');
  return tests === undefined ? undefined : { tests: tests.map(parseTestName) };
}

/** What `collection apply --file` takes. */
export const DECLARATION_OPTIONS: readonly OptionSpec[] = [
  { flags: '-f, --file <file>', help: 'YAML, JSON, or TOML by its name; "-": standard input' },
  { flags: '--dry-run', help: 'show what would change, and change nothing' },
  { flags: '--prune', help: 'remove collections and releases that are not declared' },
];

/** Makes collections as the file declares them. */
export async function applyFile(
  context: CommandContext,
  name: string,
  options: Options,
): Promise<Outcome> {
  const file = await readDeclaration(context, name);
  try {
    const applied = await context.api.call('applyDeclaration', {
      ...file.body,
      dryRun: flagOption(options, 'dryRun'),
      prune: flagOption(options, 'prune'),
    });
    return { data: applied, text: appliedText(applied) };
  } catch (error) {
    throw file.inFile(error);
  }
}

export const declarationCommands: readonly CommandSpec[] = [
  {
    name: 'collection export',
    summary: 'Collections as a file for "collection apply"',
    options: [{ flags: '--sig <name>', help: 'of one SIG' }],
    examples: ['centpkg collection export --sig sclo > collections.yaml'],
    async run({ api }, _args, options) {
      const { items } = await api.call('listCollections', { sig: textOption(options, 'sig') });
      const data = { collections: declared(items) };
      const { writeYaml } = await import('../declarations/yaml-file.ts');
      return { data, text: writeYaml(data).trimEnd() };
    },
  },
  {
    name: 'collection edit',
    args: '<name>',
    summary: 'Change names and settings of a collection',
    options: [
      { flags: '--vendor <vendor>', help: 'rh: also in RHSCL', choices: VENDORS },
      { flags: '--scl-name <name>', help: 'the value of %scl' },
      { flags: '--meta <component>', help: 'its meta component' },
      {
        flags: '--inherit-testing <choice>',
        help: 'builds see what is in its own testing tag',
        choices: ['on', 'off'],
      },
      {
        flags: '--tests-for-testing <names>',
        help: 'what a build has to pass before it goes to testing; "": nothing',
        list: true,
      },
      {
        flags: '--tests-for-release <names>',
        help: 'what a build has to pass before it is released; "": nothing',
        list: true,
      },
    ],
    examples: [
      'centpkg collection edit rh-python34 --inherit-testing on',
      'centpkg collection edit rh-python34 --tests-for-testing functional',
    ],
    async run({ api }, [name = ''], options) {
      const scl = textOption(options, 'sclName');
      const meta = textOption(options, 'meta');
      const testing = testsOf(options, 'testsForTesting');
      const release = testsOf(options, 'testsForRelease');
      const changes = {
        vendor: textOption(options, 'vendor') as Vendor | undefined,
        sclName: scl === undefined ? undefined : parseSclName(scl),
        metaComponent: meta === undefined ? undefined : parseComponentName(meta),
        inheritTesting: choice(textOption(options, 'inheritTesting')),
        promotion:
          testing === undefined && release === undefined ? undefined : { testing, release },
      };
      if (Object.values(changes).every((value) => value === undefined))
        fail('usage', 'There is nothing to change.', 'Give one of the options; see --help.');
      const collection = await api.call('updateCollection', {
        collection: parseCollectionName(name),
        ...changes,
      });
      return { data: collection, text: collectionDetails(collection) };
    },
  },
];
