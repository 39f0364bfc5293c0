import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './debian.ts';
import { run } from './process.ts';

/** rpmbuild, and what source packages are packed with. */
export function installRpmbuild(): Promise<void> {
  return installPackages({ rpmbuild: 'rpm', cpio: 'cpio', xz: 'xz-utils', bzip2: 'bzip2' });
}

export interface SourceRpm {
  readonly spec: string;
  /** The spec's file name. */
  readonly specName: string;
  /** Content by name, beside the spec. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly defines?: Readonly<Record<string, string>>;
}

/**
 * A source package, made by the real rpmbuild.
 * @param folder a folder that is made
 * @returns its path
 */
export async function buildSourceRpm(folder: string, source: SourceRpm): Promise<string> {
  const sources = join(folder, 'sources');
  await mkdir(sources, { recursive: true });
  for (const [name, content] of Object.entries(source.files))
    await writeFile(join(sources, name), content);
  await writeFile(join(sources, source.specName), source.spec);
  const output = join(folder, 'srpms');
  const defines = { _topdir: folder, _sourcedir: sources, _srcrpmdir: output, ...source.defines };
  const args = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  const { code, stderr } = await run('rpmbuild', [
    '-bs',
    '--nodeps',
    ...args,
    join(sources, source.specName),
  ]);
  if (code !== 0) throw new Error(`rpmbuild -bs: ${stderr}`);
  const [name, ...more] = await readdir(output);
  if (name === undefined || more.length > 0) throw new Error(`Not one package in ${output}.`);
  return join(output, name);
}
