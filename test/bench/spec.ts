import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { macrosFile } from '../../core/domain/spec/macro-table.ts';
import { readSpec } from '../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { alternate, type Measure, timesAtLeast } from './measure.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/specs');
/** Our reader takes too little time for one round over the files. */
const REPEATS = 20;

/** Specs that both read, per second: in this process, and by one rpmspec with the same macros. */
export async function specBench(): Promise<Measure[]> {
  await installPackages({ rpmspec: 'rpm' });
  await using folder = await temporaryFolder();
  const macros = sclMacros({ sclName: null, release: '9s' });
  const table = join(folder.path, 'macros');
  await writeFile(table, macrosFile(macros));
  const names = readdirSync(FOLDER).filter((name) => !/^(?:refused|undefined)-/.test(name));
  const paths = names.map((name) => join(FOLDER, name));
  const texts = paths.map((path) => readFileSync(path, 'utf8'));
  const rate = async (specs: number, act: () => Promise<void>): Promise<number> => {
    const start = performance.now();
    await act();
    return specs / ((performance.now() - start) / 1000);
  };
  const ours = () =>
    rate(texts.length * REPEATS, async () => {
      for (let round = 0; round < REPEATS; round++)
        for (const text of texts) readSpec(text, { macros });
    });
  const peer = () =>
    rate(texts.length, async () => {
      const args = ['--macros', table, '-q', '--srpm', '--qf', '%{NVR}\n', ...paths];
      const done = await run('rpmspec', args, { env: { LC_ALL: 'C.UTF-8' } });
      if (done.code !== 0) throw new Error(`rpmspec: ${done.stderr}`);
    });
  const rounds = await alternate(9, { ours, peer }, (side) => side());
  return [
    {
      name: `${texts.length} specs, read whole`,
      unit: '1/s',
      target: timesAtLeast(1),
      ...rounds,
    },
  ];
}
