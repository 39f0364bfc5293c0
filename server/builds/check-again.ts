import { decide } from '../../core/access/decide.ts';
import type { UserPrincipal } from '../../core/access/principal.ts';
import { UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { serverAuditRow } from '../access/audit.ts';
import { refusalError } from '../access/authorize.ts';
import type { ComponentBranch } from '../components/find-component.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { checkBuild } from './check-build.ts';
import { findCommit, pushTo, requireBranch } from './find-commit.ts';

/**
 * Who acts when something goes on that a user began: by what that user may do now.
 * @param credential what began it, for the audit log
 * @returns null: the user is gone, or may not log in any more
 */
export async function actingUser(
  { principals }: Pick<BuildDeps, 'principals'>,
  user: UserName,
  credential: string,
): Promise<UserPrincipal | null> {
  const known = await principals.find(user);
  if (known === null) return null;
  return { kind: 'user', ...known, credential, validUntil: null, scopes: UNLIMITED_SCOPES };
}

/**
 * Looks again at all that was asked when a build was submitted, for the part of it that comes later:
 * a right may be withdrawn since then, the collection closed, the component retired, the commit taken
 * off the branch.
 * @returns why it must not go on, which is in the audit log then; null: it may
 * @throws DistGitError where that can not be told now
 */
export async function refusedNow(deps: BuildDeps, row: BuildRow): Promise<string | null> {
  try {
    await requireStill(deps, row);
    return null;
  } catch (error) {
    if (!(error instanceof DistGitError) || isForNow(error)) throw error;
    const { code, message, detail } = error;
    const rule = detail.rule ?? code.replaceAll('_', '-');
    const entry = {
      action: 'build.go-on',
      subject: `${row.component}/${branchName(row)}`,
      decision: { allowed: false, rule, reason: message, remedy: detail.remedy ?? '' },
      detail: { build: row.id, for: row.submitted_by, commit: row.commit, problem: message },
    } as const;
    await deps.db.sql.insertInto('audit_log').values(serverAuditRow(entry)).execute();
    return message;
  }
}

/** Is it to be asked again: of Koji, or of the directory that knows who may? */
export const isForNow = ({ code, detail }: DistGitError): boolean =>
  code === 'unavailable' || detail.rule === 'directory-unreachable';

/**
 * May a user still push to a branch?
 * @returns the branch as it is now
 * @throws DistGitError `not_allowed`, `not_found`
 */
export async function requireStillMay(
  deps: BuildDeps,
  name: UserName,
  at: Branch & { readonly component: ComponentName },
): Promise<ComponentBranch> {
  const user = await actingUser(deps, name, 'build');
  if (user === null)
    fail(
      'not_allowed',
      `${name} may not log in any more.`,
      'Somebody else of the SIG may ask for it: centpkg build',
    );
  const branch = requireBranch(await deps.components.find(at.component), at);
  const decision = decide(user, pushTo(at.component, branch));
  if (!decision.allowed) throw refusalError(decision);
  return branch;
}

async function requireStill(deps: BuildDeps, row: BuildRow): Promise<void> {
  const branch = await requireStillMay(deps, row.submitted_by, row);
  const { component, srpm, kind, target, options } = row;
  const commit = row.commit && (await findCommit(deps, component, branch, row.commit));
  await checkBuild(deps, { component, branch, commit, srpm, kind, target, options }, row.id);
}
