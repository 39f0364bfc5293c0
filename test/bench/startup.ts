import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from '../support/process.ts';
import { alternate, type Measure, timed, timesAtMost } from './measure.ts';

const CENTPKG = resolve(import.meta.dirname, '../../dist/centpkg.js');

/** How long the command-line tool takes to come up, against a node that does nothing. */
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
  return [
    { name: 'centpkg --version; peer: node -e 0', unit: 'ms', ...rounds, target: timesAtMost(2.5) },
  ];
}
