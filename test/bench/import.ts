import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extractSourcePackage } from '../../cli/rpm/srpm/extract.ts';
import { openSourcePackage } from '../../cli/rpm/srpm/source-package.ts';
import { Centpkg } from '../support/centpkg.ts';
import { run } from '../support/process.ts';
import { watchMemory } from '../support/process-memory.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { alternate, atMost, type Measure, timed, timesAtMost } from './measure.ts';

const SIZE = 100 * 2 ** 20;
const SPEC = `Name: python33-python
Version: 1
Release: 1.el7
Summary: s
License: MIT
Source0: python-1.tar.xz
Source1: fix.patch
%description
d
`;

/** A source package of 100 MiB, packed by xz as those of EL 7: into a clone, or just unpacked. */
export async function importBench(): Promise<Measure[]> {
  await installRpmbuild();
  await using folder = await temporaryFolder();
  await using server = await new TestServer(join(folder.path, 'data')).start();
  const { committer } = await foundSclo(server);
  const ann = await Centpkg.at(join(folder.path, 'ann'), 'ann');
  await ann.login(server.url, committer);
  await ann.must(['clone', '--branch', 'scl-python33-el7', 'python']);
  const cwd = join(ann.home, 'python');
  const path = await buildSourceRpm(join(folder.path, 'built'), {
    spec: SPEC,
    specName: 'python.spec',
    files: { 'python-1.tar.xz': randomBytes(SIZE), 'fix.patch': '--- a\n+++ b\n' },
    defines: { _source_payload: 'w0.xzdio' },
  });
  const unpacked = join(folder.path, 'unpacked');
  const clean = async (): Promise<void> => {
    await ann.git(cwd, 'reset', '--quiet', '--hard', 'origin/scl-python33-el7');
    for (const name of await readdir(cwd)) if (name.endsWith('.tar.xz')) await rm(join(cwd, name));
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(unpacked);
  };
  const script = 'rpm2cpio "$1" | cpio --extract --quiet';
  const sides = {
    ours: async () => {
      const signal = new AbortController().signal;
      const options = { path: process.env.PATH ?? '', signal, onBytes: () => {} };
      await extractSourcePackage(await openSourcePackage(path), unpacked, options);
    },
    peer: async () => {
      const { code, stderr } = await run('sh', ['-c', script, 'sh', path], { cwd: unpacked });
      if (code !== 0) throw new Error(`rpm2cpio: ${stderr}`);
    },
  };
  const unpacking = await alternate(9, sides, async (side) => {
    await clean();
    return timed(side);
  });
  const imports: number[] = [];
  for (let round = 0; round < 3; round++) {
    await clean();
    imports.push(await timed(() => ann.must(['import', path], { cwd })));
  }
  await clean();
  const child = ann.start(['import', path], cwd);
  child.stdout?.resume();
  child.stderr?.resume();
  const memory = watchMemory(child.pid ?? 0);
  const [code] = (await once(child, 'exit')) as [number | null];
  const { self } = memory.stop();
  if (code !== 0) throw new Error(`centpkg import: exit status ${code}`);
  return [
    {
      name: 'unpack 100 MiB, every digest checked; peer: rpm2cpio | cpio',
      unit: 'ms',
      ...unpacking,
      target: timesAtMost(2.5),
    },
    {
      name: 'import of 100 MiB, as a whole',
      unit: 'ms',
      ours: imports,
      peer: [],
      target: atMost(5000, 'ms'),
    },
    {
      name: 'import of 100 MiB, peak memory',
      unit: 'MiB',
      ours: [self],
      peer: [],
      target: atMost(256, 'MiB'),
    },
  ];
}
