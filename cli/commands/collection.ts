import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import {
  type CollectionName,
  parseCollectionName,
  parseSclName,
  VENDORS,
  type Vendor,
} from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { type ElRelease, parseElRelease } from '../../core/domain/el-release.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { type CommandSpec, listOption, textOption } from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';

type Collection = ApiOutput<'createCollection'>;
interface Depend {
  readonly release: ElRelease | null;
  readonly collection: CollectionName;
  readonly level: 'candidate' | 'release';
}

const DEPENDS_OPTION = {
  flags: '--depends <collection>',
  help: 'depends on it; "7:name" on EL 7 only, "name@release" on its release level',
  list: true,
} as const;

/** `name`, `7:name`, `name@release`. */
function parseDepend(text: string): Depend {
  const match = /^(?:(\d+s?):)?([^@:]+)(?:@(candidate|release))?$/.exec(text);
  if (match === null)
    fail('usage', `--depends ${text} is not valid.`, 'Write NAME, 7:NAME or NAME@release.');
  return {
    release: match[1] === undefined ? null : parseElRelease(match[1]),
    collection: parseCollectionName(match[2] ?? ''),
    level: match[3] === 'release' ? 'release' : 'candidate',
  };
}

function requireReleases(depends: readonly Depend[], releases: readonly ElRelease[]): void {
  const other = depends.find(({ release }) => release !== null && !releases.includes(release));
  if (other !== undefined)
    fail(
      'usage',
      `--depends ${other.release}:${other.collection} is for EL ${other.release}, which is not asked for.`,
      `Asked for: ${releases.join(', ')}.`,
    );
}

function dependsOn(depends: readonly Depend[], release: ElRelease) {
  return depends
    .filter((one) => one.release === null || one.release === release)
    .map(({ collection, level }) => ({ collection, level }));
}

/** One collection, as people read it. */
export function collectionDetails(collection: Collection & { components?: string[] }): string {
  const head = fields([
    ['collection', collection.name],
    ['SIG', collection.sig],
    ['SCL name', collection.sclName],
    ['vendor', collection.vendor],
    ['meta component', collection.metaComponent],
    ...(collection.inheritTesting ? [['inherits', 'its own testing tag'] as const] : []),
    ...Object.entries(collection.promotion).flatMap(([level, { tests }]) =>
      tests.length === 0 ? [] : [[`for ${level}`, `passed ${tests.join(', ')}`] as const],
    ),
    ['created', shortTime(collection.createdAt)],
    ...(collection.components === undefined
      ? []
      : [['components', collection.components.join(', ') || '-'] as const]),
  ]);
  const rows = collection.releases.map(({ release, depends, closed }) => [
    `el${release}${closed ? ' (closed)' : ''}`,
    depends
      .map((one) => (one.level === 'release' ? `${one.collection}@release` : one.collection))
      .join(', ') || '-',
  ]);
  return `${head}\n\n${table(['release', 'depends on'], rows, 'No EL releases.')}`;
}

export const collectionCommands: readonly CommandSpec[] = [
  {
    name: 'collection create',
    args: '<name>',
    summary: 'Create a collection (SIG members)',
    options: [
      { flags: '--sig <name>', help: 'the SIG that owns it (required)' },
      { flags: '--el <release>', help: 'EL releases it is built for (required)', list: true },
      DEPENDS_OPTION,
      { flags: '--scl-name <name>', help: 'the value of %scl (default: the name)' },
      { flags: '--vendor <vendor>', help: 'rh: also in RHSCL (default)', choices: VENDORS },
      { flags: '--meta <component>', help: 'its meta component (default: from the name)' },
    ],
    examples: [
      'centpkg collection create python33 --sig sclo --el 6,7',
      'centpkg collection create rh-nodejs4 --sig sclo --el 6,7 --depends 6:v8314',
    ],
    async run({ api }, [name = ''], options) {
      const sig = textOption(options, 'sig');
      const releases = listOption(options, 'el')?.map(parseElRelease);
      if (sig === undefined || releases === undefined)
        fail('usage', '--sig and --el are required.', 'For instance: --sig sclo --el 6,7');
      const depends = (listOption(options, 'depends') ?? []).map(parseDepend);
      requireReleases(depends, releases);
      const scl = textOption(options, 'sclName');
      const meta = textOption(options, 'meta');
      const collection = await api.call('createCollection', {
        name: parseCollectionName(name),
        sig: parseSigName(sig),
        sclName: scl === undefined ? undefined : parseSclName(scl),
        vendor: textOption(options, 'vendor') as Vendor | undefined,
        metaComponent: meta === undefined ? undefined : parseComponentName(meta),
        releases: releases.map((release) => ({ release, depends: dependsOn(depends, release) })),
      });
      return {
        data: collection,
        text: `Collection ${name} is created.\n\n${collectionDetails(collection)}`,
      };
    },
  },
  {
    name: 'collection list',
    summary: 'All collections',
    options: [{ flags: '--sig <name>', help: 'of one SIG' }],
    examples: ['centpkg collection list --sig sclo'],
    async run({ api }, _args, options) {
      const { items } = await api.call('listCollections', { sig: textOption(options, 'sig') });
      const rows = items.map((one) => [
        one.name,
        one.sig,
        one.sclName,
        one.releases.map(({ release }) => release).join(', '),
      ]);
      const text = table(['name', 'sig', 'scl', 'el releases'], rows, 'No collections.');
      return { data: items, text };
    },
  },
  {
    name: 'collection show',
    args: '<name>',
    summary: 'One collection: releases, dependencies, components',
    examples: ['centpkg collection show python33'],
    async run({ api }, [name = '']) {
      const collection = await api.call('showCollection', {
        collection: parseCollectionName(name),
      });
      return { data: collection, text: collectionDetails(collection) };
    },
  },
  {
    name: 'collection add-release',
    args: '<name> <release>',
    summary: 'Build it for another EL release; every component gets the branch',
    options: [DEPENDS_OPTION],
    examples: ['centpkg collection add-release python33 8'],
    async run({ api }, [name = '', text = ''], options) {
      const release = parseElRelease(text);
      const depends = (listOption(options, 'depends') ?? []).map(parseDepend);
      requireReleases(depends, [release]);
      const collection = await api.call('addRelease', {
        collection: parseCollectionName(name),
        release,
        depends: dependsOn(depends, release),
      });
      return { data: collection, text: collectionDetails(collection) };
    },
  },
  {
    name: 'collection depend',
    args: '<name> <release>',
    summary: 'Replace what it depends on, on one EL release',
    options: [DEPENDS_OPTION],
    examples: ['centpkg collection depend maven30 7 --depends rh-java-common'],
    async run({ api }, [name = '', text = ''], options) {
      const release = parseElRelease(text);
      const depends = (listOption(options, 'depends') ?? []).map(parseDepend);
      requireReleases(depends, [release]);
      const collection = await api.call('setDepends', {
        collection: parseCollectionName(name),
        release,
        depends: dependsOn(depends, release),
      });
      return { data: collection, text: collectionDetails(collection) };
    },
  },
];
