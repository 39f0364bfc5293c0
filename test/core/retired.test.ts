import { expect, it } from 'vitest';
import { isRetired } from '../../core/pushes/retired.ts';

const entry = (name: string, mode = '100644') => ({ name, mode, oid: '0'.repeat(40) });

it.each([
  ['the file alone', [entry('dead.package')], true],
  ['nothing', [], false],
  ['another file', [entry('python.spec')], false],
  ['more files', [entry('dead.package'), entry('sources')], false],
  ['a directory of that name', [entry('dead.package', '40000')], false],
  ['a symlink of that name', [entry('dead.package', '120000')], false],
  ['a submodule of that name', [entry('dead.package', '160000')], false],
])('a branch with %s', (_, entries, retired) => {
  expect(isRetired(entries)).toBe(retired);
});
