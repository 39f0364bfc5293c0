import { fail } from '../../core/api/distgit-error.ts';
import { isMetaComponent } from '../../core/domain/component-name.ts';
import { type MockRepo, mockConfig, mockRoot } from '../../core/koji/mock-config.ts';
import {
  type CommandContext,
  flagOption,
  listOption,
  type OptionSpec,
  type Options,
  textOption,
} from '../command.ts';
import { type BranchBuildroot, branchBuildroot } from './branch-buildroot.ts';
import { localArch } from './local-arch.ts';
import type { RpmPackage } from './rpm-package.ts';

export const MOCK_OPTIONS: readonly OptionSpec[] = [
  { flags: '--arch <arch>', help: 'for this architecture (default: that of the machine)' },
  { flags: '--topurl <url>', help: "Koji's files (default: where the server says)" },
  {
    flags: '--external',
    help: "the release's own repositories, in place of Koji's: where the tags are not set up yet",
  },
  { flags: '--repo <name=url>', help: 'one repository more, or the address of one', list: 'whole' },
];

export interface MockSetup {
  readonly root: string;
  readonly config: string;
}

/**
 * The buildroot of a branch as Koji has it, by the settings of the server's site.
 * @throws DistGitError `usage`, `not_found`, `unavailable` where the server can not be asked
 */
export async function mockSetup(
  context: CommandContext,
  { copy, branch, collection }: RpmPackage,
  options: Options,
): Promise<MockSetup> {
  const arch = archOf(options);
  const buildroot = await branchBuildroot(context, branch);
  // The group has the metapackage's own build package, which this very build makes.
  const isMeta = collection !== null && isMetaComponent(copy.component);
  const without = isMeta ? [`${collection.sclName}-build`] : [];
  const repos = reposOf(buildroot, arch, options);
  return {
    root: mockRoot(buildroot, arch),
    config: mockConfig({ buildroot, arch, repos, without }),
  };
}

/**
 * What the user's own configuration for the branch is called.
 * @throws DistGitError `usage`, `not_found`, `unavailable`
 */
export async function localMockRoot(
  context: CommandContext,
  { branch }: RpmPackage,
  options: Options,
): Promise<string> {
  const arch = archOf(options);
  return mockRoot(await branchBuildroot(context, branch), arch);
}

function archOf(options: Options): string {
  const arch = textOption(options, 'arch') ?? localArch();
  if (!/^[a-z0-9_]+$/.test(arch))
    fail('usage', `${arch} is not an architecture.`, 'For instance: --arch x86_64');
  // Packages for any of these are built as for i686, by mock's own configurations too.
  return X86.test(arch) ? 'i686' : arch;
}

const X86 = /^i[3456]86$/;
/** Folders of repositories, Koji's too, have one name for all of these. */
const folderOf = (arch: string): string => (X86.test(arch) ? 'i386' : arch);

/** Koji's one repository of the build tag, or what it is made from; then those of the user. */
function reposOf(
  { buildTag, arches, externalRepos, ...site }: BranchBuildroot,
  arch: string,
  options: Options,
): MockRepo[] {
  const given = new Map((listOption(options, 'repo') ?? []).map(parseRepo));
  const repos: MockRepo[] = [];
  if (flagOption(options, 'external')) {
    for (const { repo, url } of externalRepos) {
      const own = given.get(repo);
      given.delete(repo);
      const known =
        own ??
        (url === null
          ? null
          : parseUrl(url.replaceAll('$arch', folderOf(arch)), `Say it: --repo ${repo}=URL`));
      if (known === null)
        fail('usage', `Nobody knows where ${repo} is.`, `Say it: --repo ${repo}=URL`);
      repos.push({ name: repo, url: known });
    }
  } else {
    const [first] = arches;
    if (first !== undefined && !arches.map(folderOf).includes(folderOf(arch)))
      fail(
        'usage',
        `Koji has no repository of ${buildTag} for ${arch}.`,
        `For instance: --arch ${first}; --external makes do without Koji's repository.`,
      );
    const topurl = parseUrl(textOption(options, 'topurl') ?? site.topurl).href.replace(/\/$/, '');
    repos.push({
      name: 'build',
      url: parseUrl(`${topurl}/repos/${buildTag}/latest/${folderOf(arch)}/`),
    });
  }
  return [...repos, ...[...given].map(([name, url]) => ({ name, url }))];
}

/** `local=file:///srv/repo` */
function parseRepo(text: string): [string, URL] {
  const [, name = '', url = ''] = /^([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)$/.exec(text) ?? [];
  if (name === '') fail('usage', `--repo ${text} is not valid.`, 'Write NAME=URL.');
  return [name, parseUrl(url)];
}

function parseUrl(text: string, remedy = 'Write https://HOST/PATH/'): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // mock fills in what is in braces, and dnf what begins with a dollar.
  if (url === null || !/^(https?|file):$/.test(url.protocol) || /[{}$'"\\\s]/.test(url.href))
    fail('usage', `${JSON.stringify(text)} is not the address of a repository.`, remedy);
  if (url.username + url.password !== '')
    fail('usage', 'The address of a repository has no password in it.', remedy);
  return url;
}
