import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { alternate, type Measure, timed, timesAtMost } from './measure.ts';
import { rpkgWorld } from './rpkg-world.ts';

const CENTPKG = resolve(import.meta.dirname, '../../dist/centpkg.js');

/** The same to both, in a clone; rpkg itself has no --version. */
const AGAINST_RPKG = ['--help', 'giturl', 'verrel'];

/** How long the command-line tool takes to come up: against a node that does nothing, and rpkg. */
export async function startupBench(): Promise<Measure[]> {
  if (!existsSync(CENTPKG))
    throw new Error('dist/centpkg.js is missing. Build it first: npm run build');
  const node = async (args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(process.execPath, args);
    if (code !== 0) throw new Error(`node ${args.join(' ')}: ${stderr}`);
  };
  const rounds = await alternate(31, { ours: [CENTPKG, '--version'], peer: ['-e', '0'] }, (args) =>
    timed(() => node(args)),
  );
  await using folder = await temporaryFolder();
  await using world = await rpkgWorld(folder.path);
  const against: Measure[] = [];
  for (const verb of AGAINST_RPKG) {
    const sides = { ours: world.ours, peer: world.peer };
    against.push({
      name: `centpkg ${verb}; peer: rpkg ${verb}`,
      unit: 'ms',
      ...(await alternate(15, sides, (program) => timed(() => program(verb)))),
      target: timesAtMost(1),
    });
  }
  return [
    { name: 'centpkg --version; peer: node -e 0', unit: 'ms', ...rounds, target: timesAtMost(2.5) },
    ...against,
  ];
}
