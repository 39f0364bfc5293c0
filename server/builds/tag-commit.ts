import { type Nvr, nvrTagRef } from '../../core/domain/nvr.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';

const NONE = '0'.repeat(40);

/**
 * Gives the commit of a build the git tag of its NVR. Pushes can not move it: no tag moves.
 * @returns what is wrong with it; null: it is there
 */
export async function tagCommit(
  { git, repositories }: Pick<BuildDeps, 'git' | 'repositories'>,
  { component, commit }: Pick<BuildRow, 'component'> & { readonly commit: string },
  nvr: Nvr,
): Promise<string | null> {
  const ref = nvrTagRef(nvr);
  const repository = ['-C', repositories.path(component)];
  const update = ['update-ref', '-m', `built as ${nvr}`, ref, commit, NONE];
  const isNew = await git.run([...repository, ...update]).then(
    () => true,
    () => false,
  );
  if (isNew) return null;
  // It may be there from an earlier try, or by the hand of somebody.
  const tag = ref.slice('refs/tags/'.length);
  const is = await git.run([...repository, 'rev-parse', '--verify', `${ref}^{commit}`]).then(
    (text) => text.trim(),
    // Where somebody has a tag below this name, there is no place for it.
    () => null,
  );
  if (is === null) return `The tag ${tag} can not be made.`;
  return is === commit ? null : `The tag ${tag} is at another commit.`;
}
