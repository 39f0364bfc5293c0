import { DistGitError } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import type { CommandContext, CommandSpec } from '../command.ts';
import { branchBuildroot } from '../rpm/branch-buildroot.ts';
import { localArch } from '../rpm/local-arch.ts';
import { nvr, querySpec, requireBuiltName } from '../rpm/query-spec.ts';
import { fileNames, knownVersion, readPackageSpec } from '../rpm/read-package-spec.ts';
import { openRpmPackage, specName } from '../rpm/rpm-package.ts';
import { withWorkspace } from '../rpm/workspace.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const verrel: CommandSpec = {
  name: 'verrel',
  summary: 'Name, version and release of what the branch builds',
  examples: ['centpkg verrel', 'centpkg verrel --json'],
  async run(context) {
    const rpmPackage = await openRpmPackage(context);
    const { copy, branch } = rpmPackage;
    const [{ read }, target] = await Promise.all([
      readPackageSpec(rpmPackage),
      targetOf(context, branch),
    ]);
    // What can not be known without running the spec, rpm is asked for.
    const version =
      knownVersion(read) ??
      (await withWorkspace(context, rpmPackage, (workspace) => querySpec(workspace)));
    requireBuiltName(rpmPackage, version);
    const built = nvr(version);
    return {
      // Fields of rpkg, without those that have no meaning here.
      data: {
        repo_name: copy.component,
        ver: version.version,
        rel: version.release,
        epoch: version.epoch,
        nvr: built,
        target,
        branch_merge: branchName(branch),
        commithash: (await copy.git.read('rev-parse', 'HEAD')).trim(),
        distval: branch.release,
        disttag: `el${branch.release}`,
        distvar: 'rhel',
        localarch: localArch(),
        verrel: built,
      },
      text: built,
    };
  },
};

/** Koji's target; null where the server can not tell, which is nothing to stop for. */
async function targetOf(context: CommandContext, branch: Branch): Promise<string | null> {
  try {
    return (await branchBuildroot(context, branch)).target;
  } catch (error) {
    if (error instanceof DistGitError && /^(unavailable|not_found)$/.test(error.code)) return null;
    throw error;
  }
}

export const gimmespec: CommandSpec = {
  name: 'gimmespec',
  summary: "The spec's name",
  examples: ['vi $(centpkg gimmespec)'],
  async run(context) {
    const spec = await specName(await openWorkingCopy(context));
    return { data: { spec }, text: spec };
  },
};

export const unusedPatches: CommandSpec = {
  name: 'unused-patches',
  summary: 'Patches in git that the spec does not use',
  examples: ['centpkg unused-patches', 'git rm $(centpkg unused-patches)'],
  async run(context) {
    const rpmPackage = await openRpmPackage(context);
    const { copy } = rpmPackage;
    const { text, read } = await readPackageSpec(rpmPackage);
    const used = fileNames(read);
    const isUsed = (file: string): boolean => used.has(file) || text.includes(file);
    const files = (await copy.git.read('ls-files', '-z')).split('\0');
    const unused = files.filter((file) => /\.(patch|diff)$/.test(file) && !isUsed(file));
    return { data: { unused }, text: unused.join('\n') };
  },
};
