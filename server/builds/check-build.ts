import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import type { BuildOptions } from '../../core/domain/build.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { KojiNames } from '../../core/domain/koji-names.ts';
import type { Nvr } from '../../core/domain/nvr.ts';
import type { ComponentBranch } from '../components/find-component.ts';
import { requireOwnKojiNames } from '../components/own-koji-names.ts';
import type { Sql } from '../db/database.ts';
import { isStruct, type XmlRpcStruct } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import { UNDER_WAY } from './build-rows.ts';
import { answerAt, structOrNull, structsOf, textOf } from './hub-values.ts';
import { predictNvr } from './predict-nvr.ts';

/** What is asked for, before Koji is. */
export interface WantedBuild {
  readonly component: ComponentName;
  readonly branch: ComponentBranch;
  /** Null: it is made of an SRPM, which tells by itself what it makes. */
  readonly commit: string | null;
  readonly srpm: string | null;
  readonly kind: 'build' | 'scratch' | 'chain';
  readonly target: string | undefined;
  readonly options: BuildOptions;
}

export interface CheckedBuild {
  readonly target: string;
  /** What Koji will call it, as far as that can be told before. */
  readonly nvr: Nvr | null;
  /** Of the build tag, the first one first. */
  readonly arches: readonly string[];
  readonly notes: readonly string[];
}

/** Koji's states of a build: it is built, or being built. */
const DONE: ReadonlySet<unknown> = new Set([0, 1]);
const RAISE = 'Raise the release in the spec, commit, and push.';
/** What to do where Koji lacks something of a branch. */
export const haveItSetUp = ({ collection, release }: Branch): string =>
  `Ask a member of the SIG to set it up: centpkg collection apply ${collection} --el ${release}`;

/** Koji's names for a branch. @throws DistGitError `not_found` */
export async function kojiNamesOf(
  { koji }: Pick<BuildDeps, 'koji'>,
  sql: Sql,
  branch: Pick<ComponentBranch, 'collection' | 'release' | 'sig'>,
): Promise<KojiNames> {
  return koji.names({ ...branch, vendor: await vendorOf(sql, branch.collection) });
}

async function vendorOf(sql: Sql, name: CollectionName) {
  const row = await sql
    .selectFrom('collections')
    .select('vendor')
    .where('name', '=', name)
    .executeTakeFirst();
  return (
    row?.vendor ??
    fail('not_found', `There is no collection ${name}.`, 'See "centpkg collection list".')
  );
}

/**
 * Asks Koji all that it finds out only in the task: the hub takes any build, and its builders
 * refuse it later.
 * @param own the row of the build itself, where it is under way already
 * @throws DistGitError `not_allowed`, `check_failed`, `conflict`, `unavailable`
 */
export async function checkBuild(
  deps: BuildDeps,
  wanted: WantedBuild,
  own: number | null = null,
): Promise<CheckedBuild> {
  const { component, branch, kind, options } = wanted;
  requireAlive(wanted);
  const hub = deps.koji.hub();
  await requireOwnKojiNames(deps.db.sql, deps.koji, branch);
  const names = await kojiNamesOf(deps, deps.db.sql, branch);
  const target = wanted.target ?? names.target;
  const found = structOrNull(await hub.read('getBuildTarget', target), 'target');
  if (found === null)
    fail(
      'check_failed',
      wanted.target === undefined
        ? `${branchName(branch)} is not set up in Koji: it has no target ${target}.`
        : `Koji has no target ${target}.`,
      wanted.target === undefined
        ? haveItSetUp(branch)
        : `The branch's own target is ${names.target}.`,
    );
  const [buildTag, destTag] = [textOf(found, 'build_tag_name'), textOf(found, 'dest_tag_name')];
  // Koji sees only the server's own account: whose tag it is, is for us to ask.
  if (kind !== 'scratch' && destTag !== names.levels.candidate)
    fail(
      'not_allowed',
      `Target ${target} builds into ${destTag}, and ${branchName(branch)} into ${names.levels.candidate}.`,
      'Leave --target out, or make it a scratch build.',
    );
  if (kind === 'chain') await requireChain(deps, buildTag, destTag);
  const isTagged = kind !== 'scratch' && !options.skipTag;
  const builtName = builtPackageName(component, branch.sclName);
  const answers = await hub.readAll([
    { method: 'getBuildConfig', params: [buildTag] },
    { method: 'getTag', params: [destTag] },
    { method: 'checkTagPackage', params: [destTag, builtName] },
  ]);
  const config = structOrNull(answerAt(answers, 0), 'build tag') ?? {};
  if (isTagged) {
    if (structOrNull(answerAt(answers, 1), 'tag')?.locked === true)
      fail(
        'check_failed',
        `Tag ${destTag} is locked in Koji.`,
        'Ask a member of the SIG, or a Koji admin, why it is, and to unlock it.',
      );
    if (answerAt(answers, 2) !== true)
      fail(
        'check_failed',
        `Package ${builtName} is not listed in ${destTag}.`,
        haveItSetUp(branch),
      );
  }
  const { commit } = wanted;
  const predicted =
    commit === null
      ? { nvr: null, notes: [] }
      : await predictNvr(deps, { ...wanted, commit }, macrosOf(config));
  if (kind !== 'scratch' && predicted.nvr !== null) await requireNew(deps, predicted.nvr, own);
  const arches = typeof config.arches === 'string' ? config.arches.split(' ') : [];
  return { target, arches: arches.filter((one) => one !== ''), ...predicted };
}

/** @throws DistGitError `check_failed` where nothing is built any more */
function requireAlive({ component, branch, kind }: WantedBuild): void {
  const { collection, release } = branch;
  if (branch.closed)
    fail(
      'check_failed',
      `Collection ${collection} is closed on EL ${release}.`,
      `A member of its SIG opens it again: centpkg collection reopen ${collection} --el ${release}`,
    );
  // A scratch build goes into no tag: the block is not for it.
  if (branch.retired && kind !== 'scratch')
    fail(
      'check_failed',
      `${component} is retired in collection ${collection}.`,
      `A member of its SIG takes that back: centpkg component unretire ${component} --collection ${collection}`,
    );
}

/** What a chain has built has to be in the buildroot of what comes next. @throws `check_failed` */
async function requireChain({ koji }: BuildDeps, buildTag: string, destTag: string): Promise<void> {
  const parents = structsOf(await koji.hub().read('getFullInheritance', buildTag), 'tags');
  if (buildTag === destTag || parents.some(({ name }) => name === destTag)) return;
  fail(
    'check_failed',
    `A chain needs ${destTag} in the inheritance of ${buildTag}, and it is not there.`,
    'Build one after the other: centpkg build',
  );
}

/** @throws DistGitError `conflict` where Koji has the build, or is at it */
async function requireNew({ db, koji }: BuildDeps, nvr: Nvr, own: number | null): Promise<void> {
  const ours = await db.sql
    .selectFrom('builds')
    .select('submitted_by')
    .where('nvr', '=', nvr)
    .where('kind', '!=', 'scratch')
    .where('state', 'in', UNDER_WAY)
    .where('id', '!=', own ?? 0)
    .executeTakeFirst();
  if (ours !== undefined)
    fail('conflict', `${nvr} is being built already, for ${ours.submitted_by}.`, RAISE);
  const there = structOrNull(await koji.hub().read('getBuild', nvr), 'build');
  if (there === null || !DONE.has(there.state)) return;
  fail(
    'conflict',
    there.state === 0 ? `${nvr} is being built already.` : `${nvr} is built already.`,
    RAISE,
  );
}

/** What Koji defines in the buildroot: `rpm.macro.dist` of the build tag is `%dist`. */
function macrosOf(config: XmlRpcStruct): Map<string, string> {
  const extra = isStruct(config.extra) ? config.extra : {};
  const macros = new Map<string, string>();
  for (const [key, value] of Object.entries(extra)) {
    const [, name] = /^rpm\.macro\.(\w+)$/.exec(key) ?? [];
    if (name !== undefined && (typeof value === 'string' || typeof value === 'number'))
      macros.set(name, String(value));
  }
  return macros;
}
