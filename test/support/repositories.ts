import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { Git } from '../../server/git/git.ts';
import { Repositories } from '../../server/git/repositories.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SETTINGS = { program: 'git', max_push_size: 2 ** 30, max_object_memory: 2 ** 28 };

/** The server's git, with its configuration in a folder below `root`. */
export function openTestGit(root: string): Promise<Git> {
  return Git.open(join(root, 'git'), SETTINGS, process.env.PATH ?? '');
}

/** The server's repositories, in a temporary folder. */
export async function temporaryRepositories() {
  const temporary = await temporaryFolder();
  const git = await openTestGit(temporary.path);
  const root = join(temporary.path, 'repositories');
  const repositories = new Repositories(git, root);
  await mkdir(root, { recursive: true });
  await repositories.recover();
  return {
    git,
    root,
    repositories,
    component: parseComponentName,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
