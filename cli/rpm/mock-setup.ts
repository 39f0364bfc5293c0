import { fail } from '../../core/api/distgit-error.ts';
import type { Branch } from '../../core/domain/branch-name.ts';
import { parseCollectionName, parseSclName, type SclName } from '../../core/domain/collection.ts';
import { isMetaComponent, parseComponentName } from '../../core/domain/component-name.ts';
import { KOJI_NAME_TEMPLATES } from '../../core/domain/koji-names.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { CBS_PROFILES } from '../../core/koji/cbs-profiles.ts';
import { desiredState, type ReleaseFacts } from '../../core/koji/desire.ts';
import type { DesiredState } from '../../core/koji/desired-state.ts';
import { type MockRepo, mockConfig, mockRoot } from '../../core/koji/mock-config.ts';
import {
  type CommandContext,
  flagOption,
  listOption,
  type OptionSpec,
  type Options,
  textOption,
} from '../command.ts';
import { localArch } from './local-arch.ts';
import type { RpmPackage } from './rpm-package.ts';

/** Where CentOS's hub has the repositories of its tags. */
const TOPURL = 'https://cbs.centos.org/kojifiles';

export const MOCK_OPTIONS: readonly OptionSpec[] = [
  { flags: '--arch <arch>', help: 'for this architecture (default: that of the machine)' },
  { flags: '--topurl <url>', help: `Koji's files (default: ${TOPURL})` },
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
 * The buildroot of a branch as Koji has it: names and profiles are those of CentOS's hub.
 * @throws DistGitError `usage`
 */
export async function mockSetup(
  context: CommandContext,
  { copy, branch }: RpmPackage,
  options: Options,
): Promise<MockSetup> {
  const { desired, sclName } = await desiredFor(context, branch);
  const arch = textOption(options, 'arch') ?? localArch();
  if (!/^[a-z0-9_]+$/.test(arch))
    fail('usage', `${arch} is not an architecture.`, 'For instance: --arch x86_64');
  // The group has the metapackage's own build package, which this very build makes.
  const without = isMetaComponent(copy.component) ? [`${sclName}-build`] : [];
  const repos = reposOf(desired, arch, options);
  return {
    root: mockRoot(desired, arch),
    config: mockConfig({ desired, arch, repos, without }),
  };
}

/** What Koji should have for the branch, by the facts that everybody may read. */
async function desiredFor(
  { api }: CommandContext,
  { collection: name, release }: Branch,
): Promise<{ readonly desired: DesiredState; readonly sclName: SclName }> {
  const show = async (text: string) => {
    const collection = parseCollectionName(text);
    const shown = await api.call('showCollection', { collection });
    const subject = { sig: parseSigName(shown.sig), vendor: shown.vendor, collection, release };
    return { ...shown, subject };
  };
  const { subject, components, releases, sclName: scl } = await show(name);
  const sclName = parseSclName(scl);
  const depends = releases.find((one) => one.release === release)?.depends ?? [];
  const facts: ReleaseFacts = {
    ...subject,
    sclName,
    components: components.map((one) => ({ name: parseComponentName(one), retired: false })),
    depends: await Promise.all(
      depends.map(async (one) => ({ on: (await show(one.collection)).subject, level: one.level })),
    ),
    // Of no matter here: Koji's repository has what the tag inherits.
    inheritTesting: false,
    closed: false,
  };
  const profile = CBS_PROFILES[release];
  const site = { names: KOJI_NAME_TEMPLATES.cbs, profile, owner: subject.sig };
  return { desired: desiredState(facts, site), sclName };
}

/** Koji's one repository of the build tag, or what it is made from; then those of the user. */
function reposOf(desired: DesiredState, arch: string, options: Options): MockRepo[] {
  const given = new Map((listOption(options, 'repo') ?? []).map(parseRepo));
  const { buildTag } = desired.target;
  const repos: MockRepo[] = [];
  if (flagOption(options, 'external')) {
    const tag = desired.tags.find((one) => one.tag === buildTag);
    for (const { repo, url } of tag?.externalRepos ?? []) {
      const own = given.get(repo);
      given.delete(repo);
      const known = own ?? (url === null ? null : new URL(url.replaceAll('$arch', arch)));
      if (known === null)
        fail('usage', `Nobody knows where ${repo} is.`, `Say it: --repo ${repo}=URL`);
      repos.push({ name: repo, url: known });
    }
  } else {
    const topurl = parseUrl(textOption(options, 'topurl') ?? TOPURL).href.replace(/\/$/, '');
    repos.push({ name: 'build', url: parseUrl(`${topurl}/repos/${buildTag}/latest/${arch}/`) });
  }
  return [...repos, ...[...given].map(([name, url]) => ({ name, url }))];
}

/** `local=file:///srv/repo` */
function parseRepo(text: string): [string, URL] {
  const [, name = '', url = ''] = /^([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)$/.exec(text) ?? [];
  if (name === '') fail('usage', `--repo ${text} is not valid.`, 'Write NAME=URL.');
  return [name, parseUrl(url)];
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // mock fills in what is in braces, and dnf what begins with a dollar.
  if (url === null || !/^(https?|file):$/.test(url.protocol) || /[{}$'"\\\s]/.test(url.href))
    fail(
      'usage',
      `${JSON.stringify(text)} is not the address of a repository.`,
      'Write https://HOST/PATH/',
    );
  if (url.username + url.password !== '')
    fail('usage', 'The address of a repository has no password in it.', 'Write https://HOST/PATH/');
  return url;
}
