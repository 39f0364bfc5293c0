import { DistGitError } from '../../core/api/distgit-error.ts';
import {
  type Branch,
  branchName,
  branchRef,
  parseBranchName,
} from '../../core/domain/branch-name.ts';
import { parseSclName } from '../../core/domain/collection.ts';
import type { SigName } from '../../core/domain/sig.ts';
import { openObjectReader } from '../../core/git/object-reader.ts';
import { checkPush, findingLines, isRefused } from '../../core/pushes/check-push.ts';
import { NULL_OID, type PushedBranch } from '../../core/pushes/push-facts.ts';
import { hasSource } from '../api-client/lookaside-client.ts';
import type { CommandContext } from '../command.ts';
import type { WorkingCopy } from './working-copy.ts';

/**
 * The checks of the server on a push of `newOid` to a branch, with what was last fetched as what
 * is there.
 * @returns its warnings
 * @throws DistGitError `check_failed` where the server would refuse it
 */
export async function checkBranch(
  { api }: Pick<CommandContext, 'api'>,
  { git, component, remote }: WorkingCopy,
  branch: Branch,
  newOid: string,
) {
  const checks = await api.call('showChecks', { component });
  const oldOid = await git.ask(
    'rev-parse',
    '--verify',
    '--quiet',
    `refs/remotes/${remote}/${branchName(branch)}`,
  );
  const branches = checks.branches.map((one) => ({
    ...parseBranchName(`scl-${one.collection}-el${one.release}`),
    sig: one.sig as SigName,
    sclName: parseSclName(one.sclName),
    closed: one.closed,
    decision: one.decision,
  }));
  const objects = openObjectReader({
    catFile: git.catFile(),
    run: (args) => git.read(...args),
    published: `--remotes=${remote}`,
  });
  try {
    const findings = await checkPush(
      {
        component: { name: component, exploded: checks.exploded, branches },
        updates: [{ ref: branchRef(branch), oldOid: oldOid ?? NULL_OID, newOid }],
        limits: checks.limits,
        objects,
        decide: (asked: PushedBranch) => {
          const own = branches.find((one) => branchName(one) === branchName(asked));
          const {
            allowed = false,
            rule = 'no-branch',
            reason = '',
            remedy = '',
          } = own?.decision ?? {};
          return { allowed, rule, reason, remedy };
        },
        inLookaside: (file, checksum) => hasSource(api, { component, file, checksum }),
      },
      checks.levels,
    );
    const lines = findingLines(component, findings).slice(1);
    if (isRefused(findings))
      throw new DistGitError(
        'check_failed',
        // Each of them says what to do.
        `The server would refuse this push:\n${lines.join('\n')}`,
      );
    return { lines, findings };
  } finally {
    objects.close();
  }
}
