import { DistGitError } from '../../core/api/distgit-error.ts';
import { branchName, branchRef, parseBranchName } from '../../core/domain/branch-name.ts';
import { parseSclName } from '../../core/domain/collection.ts';
import type { SigName } from '../../core/domain/sig.ts';
import { openObjectReader } from '../../core/git/object-reader.ts';
import { checkPush, findingLines, isRefused } from '../../core/pushes/check-push.ts';
import { NULL_OID, type PushedBranch } from '../../core/pushes/push-facts.ts';
import { hasSource } from '../api-client/lookaside-client.ts';
import type { CommandSpec } from '../command.ts';
import { currentBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

export const prePushCheck: CommandSpec = {
  name: 'pre-push-check',
  summary: 'Run the checks of the server on the current branch, before the push',
  examples: ['centpkg pre-push-check && centpkg push'],
  async run(context) {
    const copy = await openWorkingCopy(context);
    const { git, component, remote } = copy;
    const branch = await currentBranch(copy);
    const checks = await context.api.call('showChecks', { component });
    const newOid = (await git.read('rev-parse', 'HEAD')).trim();
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
          inLookaside: (file, checksum) => hasSource(context.api, { component, file, checksum }),
        },
        checks.levels,
      );
      const lines = findingLines(component, findings);
      if (isRefused(findings))
        throw new DistGitError(
          'check_failed',
          `The server would refuse this push:\n${lines.slice(1).join('\n')}`,
        );
      const name = branchName(branch);
      return {
        data: { branch: name, findings },
        text: [...lines.slice(1), `${name}: the checks pass.`].join('\n'),
      };
    } finally {
      objects.close();
    }
  },
};
