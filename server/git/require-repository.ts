import { fail } from '../../core/api/distgit-error.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { Repositories } from './repositories.ts';

/** The path of a component's repository. @throws DistGitError `not_found` */
export async function requireRepository(
  { repositories, namespace }: { readonly repositories: Repositories; readonly namespace: string },
  component: ComponentName,
): Promise<string> {
  if (await repositories.exists(component)) return repositories.path(component);
  return fail(
    'not_found',
    `There is no repository ${namespace}/${component}.`,
    'See "centpkg component list" for what there is.',
  );
}
