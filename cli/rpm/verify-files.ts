import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Branch } from '../../core/domain/branch-name.ts';

/** rpmbuild's output is long; its end tells what went wrong. */
const LAST_LINES = 40;

/**
 * Builds up to `%install` in a folder of its own and lets rpmbuild check the `%files` lists: what
 * `fedpkg install` and `fedpkg verify-files` do one after the other.
 * @param spec the spec's name in `folder`
 * @param scl the value of `%scl`; null leaves it undefined
 * @throws DistGitError `usage` without rpmbuild, `check_failed` with what rpmbuild said last
 */
export async function verifyFiles(
  folder: string,
  spec: string,
  branch: Branch,
  scl: string | null,
  variables: NodeJS.ProcessEnv,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'centpkg-verify-'));
  try {
    const define = (name: string, value: string): string[] => ['--define', `${name} ${value}`];
    // rpm does not quote its own folders: a path without blanks that leads there.
    const sources = join(work, 'sources');
    await symlink(folder, sources);
    await mkdir(join(work, 'tmp'));
    const common = [
      ...define('_sourcedir', sources),
      ...define('_specdir', sources),
      ...define('_tmppath', join(work, 'tmp')),
      ...['builddir', 'srcrpmdir', 'rpmdir', 'buildrootdir'].flatMap((name) =>
        define(`_${name}`, join(work, name)),
      ),
      ...define('_topdir', work),
      ...define('dist', `.el${branch.release}`),
      ...define('rhel', branch.release.replace('s', '')),
      ...(scl === null ? [] : define('scl', scl)),
      '--nodeps',
      '--nocheck',
    ];
    await rpmbuild(['-bi', ...common, join(sources, spec)], work, variables);
    await rpmbuild(['-bl', '--short-circuit', ...common, join(sources, spec)], work, variables);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Does this machine know the macros of scl-utils-build? Without them `%scl` would not work. */
export async function hasSclMacros(variables: NodeJS.ProcessEnv): Promise<boolean> {
  const { code, output } = await run('rpm', ['--eval', '%{?scl_package:yes}'], '/', variables);
  return code === 0 && output.includes('yes');
}

async function rpmbuild(args: string[], cwd: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const { code, output } = await run('rpmbuild', args, cwd, variables);
  if (code === 0) return;
  const end = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  throw new DistGitError('check_failed', `rpmbuild ${args[0]} failed (status ${code}):\n${end}`);
}

function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (cause) =>
      reject(
        new DistGitError('usage', `${program} can not be run.`, {
          detail: { remedy: 'Install it: dnf install rpm-build (Debian: apt-get install rpm).' },
          cause,
        }),
      ),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
