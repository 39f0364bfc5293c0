/** Options before the verb, see `ABSENT_OPTIONS`. */
export const BEFORE_VERB = '';

const GATING = 'There is no gating.yaml here that could be wrong.';
const METADATA = 'The server asks Koji for builds, and it has a record of its own: centpkg builds';
const DIGESTS = 'Koji builds the source package itself. For one of your own: centpkg srpm --md5';
const IN_MOCK =
  'Build the source package first (centpkg srpm --srpm-mock), then give it: --srpm FILE';
const NVR = 'The server looks itself whether Koji has that build already.';

const OF_BUILDS = {
  '--custom-user-metadata': METADATA,
  '--md5': DIGESTS,
  '--skip-nvr-check': NVR,
  '--skip-remote-rules-validation': GATING,
};
const OF_SOURCE_BUILDS = {
  '--mock-config': IN_MOCK,
  '--root': IN_MOCK,
  '-r': IN_MOCK,
  '--srpm-mock': IN_MOCK,
};

/** Options of rpkg 1.70 that make no sense here: by verb and option, why, or what does it here. */
export const ABSENT_OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [BEFORE_VERB]: {
    '--namespace': 'A server has one namespace.',
    '--password': 'Nobody logs in to Koji from here; the server does.',
    '--runas': 'Nobody logs in to Koji from here; the server does.',
  },
  build: {
    ...OF_BUILDS,
    ...OF_SOURCE_BUILDS,
    '--draft': 'What is not final has levels here: centpkg promote',
  },
  'scratch-build': { ...OF_BUILDS, ...OF_SOURCE_BUILDS },
  'chain-build': {
    ...OF_BUILDS,
    '--arches': 'Koji builds for some architectures in scratch builds alone: centpkg scratch-build',
    '--fail-fast': 'A chain ends with the first build that fails.',
  },
  import: {
    '--do-not-check-specfile-name': 'The spec gets the name that the component has.',
  },
  'mock-config': {
    '--target': 'A target is that of a branch: centpkg --release BRANCH mock-config',
  },
};

const MODULES = "There are no modules here: a collection is a SIG's own set of packages.";
const SIDE_TAGS = 'There are no side tags; centpkg chain-build builds packages that need another.';
const PAGURE = 'There is no Pagure here; centpkg login keeps the token of this server.';
const BODHI = 'There is no Bodhi here. Builds go from level to level: centpkg promote';
const CONTAINERS = 'Containers are not built here.';

/** What git has, and fedpkg has not either. */
const OF_GIT =
  'add branch checkout cherry-pick fetch log merge mv rebase reset restore revert rm show stash status';

/** Verbs of rpkg, fedpkg and git that are not here: why, or what does it here. */
export const ABSENT_VERBS: Readonly<Record<string, string>> = {
  'container-build': CONTAINERS,
  'container-build-setup': CONTAINERS,
  'flatpak-build': CONTAINERS,
  'copr-build': 'Copr takes source packages: centpkg srpm, then copr-cli build',
  'import-srpm': 'It is called: centpkg import',
  'module-build': MODULES,
  'module-build-cancel': MODULES,
  'module-build-info': MODULES,
  'module-build-local': MODULES,
  'module-build-watch': MODULES,
  'module-overview': MODULES,
  'module-scratch-build': MODULES,
  'list-side-tags': SIDE_TAGS,
  'remove-side-tag': SIDE_TAGS,
  'request-side-tag': SIDE_TAGS,
  gitcred: 'git gets its token by itself: centpkg login',
  fork: 'There are no forks. Who may not push asks: centpkg request access',
  'set-distgit-token': PAGURE,
  'set-pagure-token': PAGURE,
  'request-tests-repo': 'Tests have no repositories of their own here.',
  'request-unretirement': 'A revert of the commit that retired it brings a branch back.',
  'releases-info': 'What there is: centpkg collection list',
  'disable-monitoring': 'Nobody monitors upstream here.',
  ...Object.fromEntries(OF_GIT.split(' ').map((verb) => [verb, `That is git's: git ${verb}`])),
  update: BODHI,
  override: BODHI,
};
