import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.ts';

/** How this machine reaches package registries. */
const MACHINE = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$)/i.test(name),
  ),
);

/**
 * A tarball that npm's registry has, as upstream released it; downloaded once.
 * @param version `wrappy@1.0.2`
 * @returns its path; nobody may change the file
 */
export async function upstreamTarball(version: string): Promise<string> {
  const folder = join(homedir(), '.cache/scl-dist-git/upstream');
  const file = `${version.replace('@', '-')}.tgz`;
  const path = join(folder, file);
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) return path;
  await mkdir(folder, { recursive: true });
  const aside = await mkdtemp(join(folder, 'download-'));
  const { code, stderr } = await run('npm', ['pack', '--silent', version], {
    cwd: aside,
    env: { ...MACHINE, HOME: homedir() },
  });
  if (code !== 0) throw new Error(`npm pack ${version}: ${stderr}`);
  await rename(join(aside, file), path);
  await rm(aside, { recursive: true });
  return path;
}
