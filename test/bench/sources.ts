import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { alternate, type Measure, timed, timesAtMost } from './measure.ts';
import { rpkgWorld } from './rpkg-world.ts';

const FILES = 20;
const SIZE = 2 ** 20;

/** `sources` in a clone that has none of its files yet. */
export async function sourcesBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using world = await rpkgWorld(folder.path);
  const { ann, cwd } = world;
  const names = Array.from({ length: FILES }, (_, index) => `part-${index}.tar.gz`);
  // rpkg passes over what the spec does not name.
  const tags = names.map((name, index) => `Source${index}: ${name}\n`).join('');
  const spec = specOf('python').replace('%description', `${tags}%description`);
  await writeFile(join(cwd, 'python.spec'), spec);
  for (const name of names) await writeFile(join(cwd, name), randomBytes(SIZE));
  await ann.must(['new-sources', ...names], { cwd });
  // Throws where one of them is missing.
  const removeAll = () => Promise.all(names.map((name) => rm(join(cwd, name))));
  await removeAll();
  const rounds = await alternate(9, { ours: world.ours, peer: world.peer }, async (program) => {
    const taken = await timed(() => program('sources'));
    await removeAll();
    return taken;
  });
  return [
    {
      name: `${FILES} files of ${SIZE / 2 ** 20} MiB, downloaded and verified`,
      unit: 'ms',
      ...rounds,
      target: timesAtMost(1),
    },
  ];
}
