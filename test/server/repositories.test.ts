import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Repositories } from '../../server/git/repositories.ts';
import { everythingIn } from '../support/data-folder.ts';
import { must } from '../support/git-history.ts';
import { temporaryRepositories } from '../support/repositories.ts';

const EL6 = 'refs/heads/scl-python33-el6';
const EL7 = 'refs/heads/scl-python33-el7';
const CREATED = new Date('2026-01-02T03:04:05Z');

let temporary: Awaited<ReturnType<typeof temporaryRepositories>>;
let repositories: Repositories;
beforeEach(async () => {
  temporary = await temporaryRepositories();
  ({ repositories } = temporary);
});
afterEach(async () => {
  const left = await readdir(join(temporary.root, '.staging'));
  await temporary[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});
const name = (text: string) => temporary.component(text);
const refs = (text: string): Promise<string> =>
  must(repositories.path(name(text)), ['for-each-ref', '--format=%(refname) %(objectname)']);
const refNames = async (text: string): Promise<string[]> =>
  (await refs(text)).split('\n').flatMap((line) => (line === '' ? [] : [line.slice(0, -41)]));

describe('a repository', () => {
  it('is made with its branches, on a commit of empty sources and .gitignore', async () => {
    expect(await repositories.exists(name('python'))).toBe(false);
    await repositories.ensure(name('python'), [EL6, EL7], CREATED);
    expect(await repositories.exists(name('python'))).toBe(true);
    const path = repositories.path(name('python'));
    expect(await refNames('python')).toEqual([EL6, EL7]);
    expect(await must(path, ['ls-tree', '-l', EL7])).toMatch(
      /^100644 blob \w+ +0\t\.gitignore\n100644 blob \w+ +0\tsources\n$/,
    );
    expect(await must(path, ['log', '--format=%an %ae %cd %s', '--date=iso-strict', EL7])).toBe(
      'SCL dist-git dist-git@localhost 2026-01-02T03:04:05+00:00 Initial setup of the repository\n',
    );
    expect((await must(path, ['symbolic-ref', 'HEAD'])).trim()).toBe(EL7);
    expect(await must(path, ['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  it('has nothing of its own: no hooks, no sample files, no settings but git’s', async () => {
    await repositories.ensure(name('python'), [EL7], CREATED);
    const path = repositories.path(name('python'));
    expect((await readdir(path)).toSorted()).toEqual(
      expect.arrayContaining(['HEAD', 'config', 'objects', 'refs']),
    );
    expect(await readdir(path)).not.toContain('hooks');
    const config = await must(path, ['config', '--local', '--list']);
    expect(config.trim().split('\n').toSorted()).toEqual([
      'core.bare=true',
      'core.filemode=true',
      'core.repositoryformatversion=0',
    ]);
  });

  it('is the same when it is ensured again; what it has stays', async () => {
    await repositories.ensure(name('python'), [EL7], CREATED);
    const path = repositories.path(name('python'));
    const initial = (await must(path, ['rev-parse', EL7])).trim();
    const commit = ['commit-tree', '-p', initial, '-m', 'x', `${initial}^{tree}`];
    const moved = (await must(path, commit)).trim();
    await must(path, ['update-ref', EL7, moved]);
    const before = await everythingIn(path);
    await repositories.ensure(name('python'), [EL7], CREATED);
    expect(await everythingIn(path)).toEqual(before);
    await repositories.ensure(name('python'), [EL6, EL7], CREATED);
    expect(await refs('python')).toBe(`${EL6} ${initial}\n${EL7} ${moved}\n`);
  });

  it('begins every branch, whenever it comes, at the same commit', async () => {
    await repositories.ensure(name('python'), [EL6], CREATED);
    await repositories.ensure(name('python'), [EL6, EL7], CREATED);
    await repositories.ensure(name('ruby'), [EL7], CREATED);
    const oids = [
      ...(await refs('python')).matchAll(/ (\w+)\n/g),
      ...(await refs('ruby')).matchAll(/ (\w+)\n/g),
    ];
    expect(new Set(oids.map(([, oid]) => oid)).size).toBe(1);
    expect(oids).toHaveLength(3);
  });

  it('is made once by many who ensure it at once', async () => {
    const others = Array.from({ length: 4 }, () => new Repositories(temporary.git, temporary.root));
    const asks = Array.from({ length: 12 }, (_, n) =>
      (others[n % 4] ?? repositories).ensure(name('python'), n % 2 ? [EL6, EL7] : [EL7], CREATED),
    );
    await Promise.all(asks);
    expect(await refNames('python')).toEqual([EL6, EL7]);
    const path = repositories.path(name('python'));
    expect(await must(path, ['fsck', '--strict', '--no-dangling'])).toBe('');
    expect((await everythingIn(path)).filter((one) => one.endsWith('.lock'))).toEqual([]);
  });

  it('is made although a server died while it made it', async () => {
    await mkdir(join(temporary.root, '.staging', 'half', 'refs'), { recursive: true });
    await writeFile(join(temporary.root, '.staging', 'half.index'), '');
    await repositories.recover();
    expect(await readdir(join(temporary.root, '.staging'))).toEqual([]);
    await repositories.ensure(name('python'), [EL7], CREATED);
    expect(await refNames('python')).toEqual([EL7]);
  });

  it('gets the branches that a server which died did not come to', async () => {
    await repositories.ensure(name('python'), [], CREATED);
    expect(await refNames('python')).toEqual([]);
    await repositories.ensure(name('python'), [EL6, EL7], CREATED);
    expect(await refNames('python')).toEqual([EL6, EL7]);
  });

  it('tells why a branch can not be made, and leaves nothing', async () => {
    await expect(
      repositories.ensure(name('python'), ['refs/heads/not..good'], CREATED),
    ).rejects.toThrow();
    expect(await repositories.exists(name('python'))).toBe(false);
  });

  it('loses what a dead push left of its objects, and nothing else, at the next start', async () => {
    await repositories.ensure(name('python'), [EL7], CREATED);
    const objects = join(repositories.path(name('python')), 'objects');
    const before = await everythingIn(objects);
    await mkdir(join(objects, 'tmp_objdir-incoming-Ab12', 'pack'), { recursive: true });
    await writeFile(join(objects, 'tmp_objdir-incoming-Ab12', 'pack', 'tmp_pack_x'), 'x');
    await repositories.recover();
    expect(await everythingIn(objects)).toEqual(before);
  });

  it('that is broken does not keep the others, nor the server, from starting', async () => {
    await repositories.ensure(name('python'), [EL7], CREATED);
    await mkdir(join(temporary.root, 'empty.git'));
    await writeFile(join(temporary.root, 'file.git'), '');
    await expect(repositories.recover()).resolves.toBeUndefined();
    expect(await refNames('python')).toEqual([EL7]);
  });

  it('is packed by maintenance, and says the same afterwards', async () => {
    await repositories.ensure(name('python'), [EL6, EL7], CREATED);
    const path = repositories.path(name('python'));
    const before = await refs('python');
    for (let n = 0; n < 3; n++) {
      await must(path, ['hash-object', '-w', '--stdin'], Buffer.from(`loose ${n}`));
      await repositories.maintain(name('python'));
    }
    expect(await refs('python')).toBe(before);
    expect(await readdir(join(path, 'objects', 'pack'))).toContain('multi-pack-index');
    expect(await everythingIn(join(path, 'refs', 'heads'))).toEqual([]);
    expect(await must(path, ['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  it('knows who moved a ref, and no movement that was not', async () => {
    await repositories.ensure(name('python'), [EL7], CREATED);
    const path = repositories.path(name('python'));
    const oid = (await must(path, ['rev-parse', EL7])).trim();
    const log = await readFile(join(path, 'logs', EL7), 'utf8');
    const mark = /<(.*?)>/.exec(log)?.[1] ?? '';
    const moved = (component: string, ref: string, by = mark, to = oid) =>
      repositories.wasMoved(name(component), ref, { oid: to, mark: by });
    expect(await moved('python', EL7)).toBe(true);
    expect(await moved('python', EL7, `${mark}x`)).toBe(false);
    expect(await moved('python', EL7, mark, '1'.repeat(40))).toBe(false);
    expect(await moved('python', 'refs/heads/none')).toBe(false);
    expect(await moved('python', 'refs/heads')).toBe(false);
    expect(await moved('none', EL7)).toBe(false);
    await repositories.maintain(name('python'));
    expect(await moved('python', EL7)).toBe(true);
  });
});
