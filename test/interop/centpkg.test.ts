import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { sha512, specOf } from '../support/sclo.ts';
import { rpkgScenario } from './support/rpkg-user.ts';
import { fieldsOf, TokenFront } from './support/token-front.ts';

const scenario = rpkgScenario(await TokenFront.open());
const BRANCH = 'scl-python33-el7';

/** A client made as fedpkg and centpkg are, on top of the unmodified rpkg. */
async function client(change?: (text: string) => string) {
  const config = await scenario.config('centpkg', change);
  return async (cwd: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await scenario.runAs('centpkg', config, cwd, args);
    if (code !== 0) throw new Error(`centpkg ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
    return stdout + stderr;
  };
}

async function fileOf(name: string, content: Buffer | string): Promise<string> {
  const path = join(scenario.home, name);
  await writeFile(path, content);
  return path;
}

describe("a client on rpkg's modules with the centpkg.conf that the server hands out", () => {
  it('does a whole piece of work: clone, new-sources, upload, commit, push, sources', async () => {
    const centpkg = await client();
    const { home, front } = scenario;
    await centpkg(home, 'clone', '-b', BRANCH, 'python');
    const copy = join(home, 'python');
    const [source, more] = [gzipSync('the source'), gzipSync('more of it')];
    await centpkg(copy, 'new-sources', await fileOf('Python-3.3.tar.gz', source));
    await centpkg(copy, 'upload', await fileOf('more.tar.gz', more));
    expect(new Set(front.uploads.map(({ path }) => path))).toEqual(
      new Set(['/lookaside/upload.cgi']),
    );
    expect(await readFile(join(copy, 'sources'), 'utf8')).toBe(
      `SHA512 (Python-3.3.tar.gz) = ${sha512(source)}\nSHA512 (more.tar.gz) = ${sha512(more)}\n`,
    );
    expect(await readFile(join(copy, '.gitignore'), 'utf8')).toBe(
      '/Python-3.3.tar.gz\n/more.tar.gz\n',
    );
    const spec = specOf('python').replace(
      '%description',
      'Source0: Python-3.3.tar.gz\n%description',
    );
    await writeFile(join(copy, 'python.spec'), spec);
    await git(copy, 'add', '--all');
    await centpkg(copy, 'commit', '-m', 'Update to 3.3');
    // Its pre-push hook runs too.
    await centpkg(copy, 'push');

    await centpkg(home, 'clone', '-a', '-b', BRANCH, 'python', 'again');
    const again = join(home, 'again');
    expect(await git(again, 'log', '-1', '--format=%s')).toBe('Update to 3.3\n');
    front.token = null;
    await centpkg(again, 'sources');
    expect(await readFile(join(again, 'Python-3.3.tar.gz'))).toEqual(source);
    expect(await readFile(join(again, 'more.tar.gz'))).toEqual(more);
    const time = async (path: string): Promise<number> =>
      Math.floor((await stat(path)).mtimeMs / 1000);
    expect(await time(join(again, 'more.tar.gz'))).toBe(await time(join(home, 'more.tar.gz')));
    front.token = scenario.people.committer;
  });

  it('works with namespaces too, where somebody configured it so', async () => {
    const centpkg = await client(
      (text) =>
        `${text.replaceAll('/scls/%(module)s', '/%(module)s')}distgit_namespaced = True\nlookaside_namespaced = True\n`,
    );
    const { home, front } = scenario;
    await centpkg(home, 'clone', '-b', BRANCH, 'scls/python', 'namespaced');
    const copy = join(home, 'namespaced');
    front.seen = [];
    const content = gzipSync('with a namespace');
    await centpkg(copy, 'new-sources', await fileOf('ns.tar.gz', content));
    expect(front.uploads.map(({ body }) => fieldsOf(body))).toHaveLength(2);
    expect(front.uploads.every(({ body }) => body.includes('\r\n\r\nscls/python\r\n'))).toBe(true);
    await writeFile(join(copy, 'python.spec'), specOf('python'));
    front.seen = [];
    await git(copy, 'clean', '-fdx', '--exclude=python.spec');
    await centpkg(copy, 'sources');
    expect(front.seen.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', `/lookaside/pkgs/scls/python/ns.tar.gz/sha512/${sha512(content)}/ns.tar.gz`, 200],
    ]);
    expect(await readFile(join(copy, 'ns.tar.gz'))).toEqual(content);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
