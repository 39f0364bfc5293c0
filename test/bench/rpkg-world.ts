import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installRpkg } from '../interop/support/rpkg-install.ts';
import { Centpkg } from '../support/centpkg.ts';
import { run } from '../support/process.ts';
import { foundSclo, specOf } from '../support/sclo.ts';
import { TestServer } from '../support/test-server.ts';

/** One clone in the hands of our centpkg and of the real rpkg. */
export interface RpkgWorld extends AsyncDisposable {
  readonly ann: Centpkg;
  /** The clone, with a spec that is committed. */
  readonly cwd: string;
  /** The same arguments to either program; throws where it fails. */
  readonly ours: (...args: string[]) => Promise<unknown>;
  readonly peer: (...args: string[]) => Promise<unknown>;
}

/** @param folder the server's data and ann's home come there */
export async function rpkgWorld(folder: string): Promise<RpkgWorld> {
  const path = await installRpkg();
  const server = await new TestServer(join(folder, 'data')).start();
  const { committer } = await foundSclo(server);
  const ann = await Centpkg.at(join(folder, 'ann'), 'ann');
  await ann.login(server.url, committer);
  await ann.must(['clone', '--branch', 'scl-python33-el7', 'python']);
  const cwd = join(ann.home, 'python');
  await writeFile(join(cwd, 'python.spec'), specOf('python'));
  await ann.git(cwd, 'add', 'python.spec');
  await ann.git(cwd, 'commit', '--quiet', '--message', 'Add the spec');
  const config = join(folder, 'rpkg.conf');
  await writeFile(config, await (await fetch(`${server.url}/client/rpkg.conf`)).text());
  const env = { ...ann.env, PATH: path, USER: 'ann' };
  return {
    ann,
    cwd,
    ours: (...args) => ann.must(args, { cwd }),
    async peer(...args) {
      // It takes the release from the names of branches of RHEL alone.
      const all = ['-C', config, '--release', 'rhel-7', ...args];
      const { code, stderr } = await run('rpkg', all, { cwd, env });
      if (code !== 0) throw new Error(`rpkg ${args.join(' ')}: ${stderr}`);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
