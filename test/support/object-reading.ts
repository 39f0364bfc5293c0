import { type CloseableReader, openObjectReader } from '../../core/git/object-reader.ts';
import { temporaryRepositories } from './repositories.ts';

/** An empty bare repository, and readers on it as the server opens them. */
export async function readableRepository() {
  const temporary = await temporaryRepositories();
  const { git, repositories, component } = temporary;
  const name = component('python');
  await repositories.ensure(name, [], new Date(0));
  const path = repositories.path(name);
  const readers: CloseableReader[] = [];
  const spawn = () =>
    git.spawn(['-C', path, 'cat-file', '--batch-command', '--buffer'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  return {
    path,
    spawn,
    open(catFile = spawn()): CloseableReader {
      const run = (args: readonly string[]) => git.run(['-C', path, ...args]);
      const reader = openObjectReader({ catFile, run, published: '--all' });
      readers.push(reader);
      return reader;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const reader of readers) reader.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
