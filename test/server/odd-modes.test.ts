import { describe, expect, it } from 'vitest';
import { must } from '../support/git-history.ts';
import { treeOf } from '../support/git-wire.ts';
import { push } from '../support/pushing.ts';
import { scloScenario } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();

/** A copy whose HEAD has one more entry, of just this mode. */
async function copyWithEntry(mode: string, content: Buffer | 'HEAD' | 'tree') {
  const { server, people } = scenario;
  const component = `modes-${mode}`;
  await server.must('createComponent', { name: component, collections: ['python33'] });
  const copy = await workingCopy(server, scenario.path(), people.committer, { component });
  const made = async (args: readonly string[], input?: Buffer): Promise<string> =>
    (await must(copy, args, input)).trim();
  const oid = Buffer.isBuffer(content)
    ? await made(['hash-object', '-w', '--stdin'], content)
    : await made(content === 'HEAD' ? ['rev-parse', 'HEAD~'] : ['mktree']);
  const listing = await made(['ls-tree', '--format=%(objectmode) %(objectname) %(path)', 'HEAD']);
  const entries = listing.split('\n').map((line) => {
    const [mode = '', oid = '', name = ''] = line.split(' ');
    return { mode, oid, name };
  });
  const tree = treeOf([...entries, { mode, oid, name: 'zz' }]);
  const write = ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'];
  const head = await made(['rev-parse', 'HEAD']);
  const commit = await made(['commit-tree', '-m', 'odd', '-p', head, await made(write, tree)]);
  await made(['update-ref', 'HEAD', commit]);
  return copy;
}

// git looks at the kind in the upper bits only, and takes what is no exact mode with a shrug.
describe('an entry that git takes for', () => {
  it.each(['120000', '120777', '120644', '0120000'])(
    'a symlink, mode %s, is refused',
    async (mode) => {
      const copy = await copyWithEntry(mode, Buffer.from('/etc/passwd'));
      const { code, stderr } = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
      expect([mode, code]).toEqual([mode, 1]);
      expect(stderr).toMatch(/zz is a symlink|zeroPaddedFilemode|badFilemode/);
    },
  );

  it.each(['160000', '160001', '160755'])('a submodule, mode %s, is refused', async (mode) => {
    const copy = await copyWithEntry(mode, 'HEAD');
    const { code, stderr } = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
    expect([mode, code]).toEqual([mode, 1]);
    expect(stderr).toMatch(/zz is a submodule|zeroPaddedFilemode|badFilemode/);
  });

  it.each(['40000', '40755', '040000'])('a directory, mode %s, is refused', async (mode) => {
    const copy = await copyWithEntry(mode, 'tree');
    const { code, stderr } = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
    expect([mode, code]).toEqual([mode, 1]);
    expect(stderr).toMatch(/zz\/ is a directory|zeroPaddedFilemode|badFilemode/);
  });
});
