import { access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { parseCollectionName, parseSclName, type SclName } from '../../core/domain/collection.ts';
import { isMetaComponent, parseComponentName } from '../../core/domain/component-name.ts';
import { parseElRelease } from '../../core/domain/el-release.ts';
import { metapackageSpec } from '../../core/domain/spec/metapackage-spec.ts';
import { type CommandContext, type CommandSpec, flagOption } from '../command.ts';
import type { UserGit } from '../working-copy/run-git.ts';
import { clone } from './clone.ts';

type Collection = ApiOutput<'showCollection'>;

export const collectionScaffold: CommandSpec = {
  name: 'collection scaffold',
  args: '<name> [folder]',
  summary: "Create the collection's meta component and write its metapackage, ready to push",
  options: [{ flags: '-n, --dry-run', help: 'say what would be done; change nothing' }],
  examples: [
    'centpkg collection scaffold rh-python34',
    'centpkg collection scaffold python33 ~/meta',
  ],
  async run(context, [name = '', folder], options) {
    const collection = await context.api.call('showCollection', {
      collection: parseCollectionName(name),
    });
    const meta = parseComponentName(collection.metaComponent);
    const target = resolve(context.cwd, folder ?? meta);
    await access(target).then(
      () =>
        fail(
          'conflict',
          `${target} is there already.`,
          'Name another folder behind the collection.',
        ),
      () => {},
    );
    const packager = await packagerOf(context.git);
    if (flagOption(options, 'dryRun')) {
      const branches = collection.releases.map(({ release }) =>
        branchName({ collection: parseCollectionName(name), release: parseElRelease(release) }),
      );
      const text = `Would see to ${meta} with its branches, clone it to ${target}, and write ${meta}.spec on:\n${branches.join('\n')}\nNothing was changed.`;
      return { data: { dryRun: true, component: meta, folder: target, branches }, text };
    }
    const made = await ensureComponent(context, collection);
    await clone.run(context, [meta, target], {});
    const git = context.git.at(target);
    const written: string[] = [];
    const kept: string[] = [];
    for (const { release: text, depends } of collection.releases) {
      const release = parseElRelease(text);
      const branch = branchName({ collection: parseCollectionName(name), release });
      await git.read('switch', '--quiet', branch);
      const spec = join(target, `${meta}.spec`);
      const there = await access(spec).then(
        () => true,
        () => false,
      );
      (there ? kept : written).push(branch);
      if (there) continue;
      const content = metapackageSpec({
        sclName: parseSclName(collection.sclName),
        vendor: collection.vendor,
        metaComponent: meta,
        release,
        depends: await Promise.all(depends.map((one) => sclNameOf(context, one.collection))),
        components: mainComponents(collection),
        packager,
        date: new Date(),
      });
      await writeFile(spec, content);
      await git.read('add', '--', `${meta}.spec`);
      await git.read(
        'commit',
        '--quiet',
        '--message',
        `Add the metapackage of ${collection.sclName}`,
      );
    }
    const notes = [
      `${meta} is ${made}, and cloned to ${target}.`,
      ...written.map((branch) => `${branch}: ${meta}.spec is written and committed.`),
      ...kept.map((branch) => `${branch}: has a spec; it was left as it is.`),
      ...(written.length === 0
        ? []
        : [
            `Look at it, try it (cd ${target} && centpkg local -- --nodeps), then push it:`,
            `  git push origin ${written.join(' ')}`,
          ]),
    ];
    return {
      data: { component: meta, folder: target, written, kept },
      text: notes.join('\n'),
    };
  },
};

/** The meta component with the collection's branches. @returns what was done for it */
async function ensureComponent(context: CommandContext, collection: Collection): Promise<string> {
  const component = parseComponentName(collection.metaComponent);
  const name = parseCollectionName(collection.name);
  try {
    const { branches } = await context.api.call('showComponent', { component });
    if (branches.some((branch) => branch.collection === name)) return 'there already';
    await context.api.call('addToCollections', { component, collections: [name] });
    return `added to ${name}`;
  } catch (error) {
    if (!(error instanceof DistGitError) || error.code !== 'not_found') throw error;
    await context.api.call('createComponent', {
      name: component,
      collections: [name],
      exploded: false,
    });
    return 'created';
  }
}

/** The component that the collection is named after, where it has it. */
function mainComponents({ components, metaComponent }: Collection) {
  const main = metaComponent.replace(/-meta$/, '');
  return components
    .map(parseComponentName)
    .filter((component) => component === main && !isMetaComponent(component));
}

async function sclNameOf(context: CommandContext, collection: string): Promise<SclName> {
  const found = await context.api.call('showCollection', {
    collection: parseCollectionName(collection),
  });
  return parseSclName(found.sclName);
}

/** As git has the user: `Ann <ann@example.org>`. */
async function packagerOf(git: UserGit): Promise<string> {
  const identity = await git.ask('var', 'GIT_AUTHOR_IDENT');
  const [, packager] = /^(.* <.*>) \d+ [+-]\d+$/.exec(identity ?? '') ?? [];
  return (
    packager ??
    fail(
      'usage',
      'git does not know who you are.',
      'Tell it: git config --global user.name NAME && git config --global user.email ADDRESS',
    )
  );
}
