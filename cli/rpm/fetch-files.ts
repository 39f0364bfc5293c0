import type { CommandContext } from '../command.ts';
import { downloadSources } from '../working-copy/download-sources.ts';
import { requireFiles } from './read-package-spec.ts';
import type { RpmPackage } from './rpm-package.ts';

/**
 * Before rpm runs: what `sources` names is in the clone and verified, what the spec names is there.
 * @throws DistGitError `check_failed`
 */
export async function fetchFiles(context: CommandContext, rpmPackage: RpmPackage): Promise<void> {
  await downloadSources(context, rpmPackage.copy, rpmPackage.copy.root);
  await requireFiles(rpmPackage);
}
