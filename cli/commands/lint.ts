import { access, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type CommandSpec, flagOption, textOption } from '../command.ts';
import { packagesIn } from '../rpm/keep-results.ts';
import { localArch } from '../rpm/local-arch.ts';
import { nvr, querySpec } from '../rpm/query-spec.ts';
import { openRpmPackage, type RpmPackage } from '../rpm/rpm-package.ts';
import { rpmlint1Filters, rpmlint2Config } from '../rpm/rpmlint-filters.ts';
import { capture, follow } from '../rpm/run-program.ts';
import { withWorkspace } from '../rpm/workspace.ts';

/** Names of options by rpmlint's first number. */
const RPMLINT_OPTIONS = {
  1: { config: '-f', info: '-i' },
  2: { config: '-r', info: '--info' },
} as const;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const lint: CommandSpec = {
  name: 'lint',
  summary: 'Run rpmlint on the spec and on what was built of it last',
  details:
    'Left out is what rpmlint has against any package of a collection that is not signed yet; what is ' +
    'in COMPONENT.rpmlintrc counts as well. --rpmlintconf FILE is taken alone.',
  options: [
    { flags: '-i, --info', help: 'explain each message' },
    {
      flags: '-r, --rpmlintconf <file>',
      help: 'this configuration alone',
    },
  ],
  examples: ['centpkg lint', 'centpkg local && centpkg lint --info'],
  async run(context, _args, options) {
    const rpmPackage = await openRpmPackage(context);
    const { copy } = rpmPackage;
    return withWorkspace(context, rpmPackage, async (workspace) => {
      const { folder, signal } = workspace;
      const { variables } = context.config;
      const settings = variables.XDG_CONFIG_HOME ?? join(variables.HOME ?? homedir(), '.config');
      // It reads the spec by the macros of the workspace, and its settings where the user has them.
      const env = { ...workspace.env, XDG_CONFIG_HOME: settings };
      const { stdout } = await capture('rpmlint', ['--version'], { cwd: folder, env, signal });
      const version1 = /\b1\.\d/.test(stdout);
      const names = RPMLINT_OPTIONS[version1 ? 1 : 2];
      const given = textOption(options, 'rpmlintconf');
      const config =
        given === undefined
          ? await usualConfig(rpmPackage, folder, version1)
          : [names.config, resolve(context.cwd, given)];
      const version = await querySpec(workspace);
      const packages = await builtPackages(copy.root, copy.component, version);
      if (packages.length === 0)
        context.note(
          'Nothing was built of it yet: looking at the spec alone. Build: centpkg local',
        );
      const args = [
        ...(flagOption(options, 'info') ? [names.info] : []),
        ...config,
        join(copy.root, rpmPackage.spec),
        ...packages,
      ];
      const lines: string[] = [];
      const line = (said: string): void => {
        lines.push(said);
      };
      const code = await follow('rpmlint', args, { cwd: copy.root, env, signal, line });
      const said = lines.join('\n').trim();
      if (code !== 0)
        fail(
          'check_failed',
          `rpmlint found errors:\n${said}`,
          'Mend them, or filter them in COMPONENT.rpmlintrc.',
        );
      return { data: { packages, messages: lines }, text: said };
    });
  },
};

/** Our filters, and those of the package. @returns options of rpmlint */
async function usualConfig(
  rpmPackage: RpmPackage,
  folder: string,
  version1: boolean,
): Promise<string[]> {
  const { root, component } = rpmPackage.copy;
  const own = join(root, `${component}.rpmlintrc`);
  const hasOwn = await exists(own);
  if (version1) {
    // It takes one file.
    const path = join(folder, 'rpmlintrc');
    const more = hasOwn ? await readFile(own, 'utf8') : '';
    await writeFile(path, `${rpmlint1Filters(rpmPackage)}${more}`);
    return [RPMLINT_OPTIONS[1].config, path];
  }
  const path = join(folder, 'rpmlint.toml');
  await writeFile(path, rpmlint2Config(rpmPackage));
  return ['-c', path, ...(hasOwn ? [RPMLINT_OPTIONS[2].config, own] : [])];
}

/** What mock built of this version; else what rpmbuild did. */
async function builtPackages(
  root: string,
  component: string,
  version: { readonly name: string; readonly version: string; readonly release: string },
): Promise<string[]> {
  const results = join(root, `results_${component}`, version.version, version.release);
  const ofMock = await packagesIn(results);
  const folders = ['noarch', localArch()].map((arch) => packagesIn(join(root, arch)));
  const source = join(root, `${nvr({ epoch: '0', ...version })}.src.rpm`);
  const ofRpmbuild = [
    ...((await exists(source)) ? [source] : []),
    ...(await Promise.all(folders)).flat(),
  ];
  const all = ofMock.length > 0 ? ofMock : ofRpmbuild;
  return all.filter((path) => !/-debug(?:info|source)-[^/]*$/.test(path));
}
