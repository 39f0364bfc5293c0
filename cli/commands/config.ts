import type { CommandContext, CommandSpec } from '../command.ts';
import { table } from '../output/table.ts';

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

const BUILT_IN = 'built in';

/** Never the token itself. */
async function effective({ config, git, given }: CommandContext): Promise<Setting[]> {
  const ofClone = await git.ask('config', '--get', 'centpkg.url');
  const origin = await git.ask('config', '--show-origin', '--get', 'centpkg.url');
  const { server, rpkg } = config;
  const url = ofClone ?? server?.url ?? null;
  const from =
    ofClone === null
      ? (server?.from ?? 'nothing names it')
      : `${origin?.split('\t')[0]?.replace(/^file:/, '') ?? 'git'}: centpkg.url`;
  const settings: Setting[] = [{ name: 'server', value: url ?? '-', from }];
  if (url !== null) {
    const token = config.tokenOrigin(url);
    settings.push({ name: 'token', value: token === null ? 'no' : 'yes', from: token ?? '-' });
    const tls = config.tlsFor(url);
    for (const [name, file] of [
      ['certificate', tls.certificate],
      ['ca', tls.ca],
    ] as const)
      if (file !== null) settings.push({ name, value: file, from: config.tlsOrigin(name) });
  }
  const place = ({ file, line }: { file: string; line: number }): string => `${file}, line ${line}`;
  settings.push(
    {
      name: 'remote name',
      value: rpkg.remoteName?.value ?? 'centos',
      from: rpkg.remoteName === null ? BUILT_IN : place(rpkg.remoteName),
    },
    {
      name: 'clone by',
      value: rpkg.ssh === null ? 'HTTP' : 'SSH',
      from: rpkg.ssh === null ? BUILT_IN : place(rpkg.ssh),
    },
    { name: 'cache', value: config.cacheFolder, from: BUILT_IN },
  );
  for (const file of rpkg.files) settings.push({ name: 'read', value: file, from: 'rpkg' });
  if (given.release !== null)
    settings.push({
      name: 'release',
      value: `scl-${given.release.collection}-el${given.release.release}`,
      from: '--release',
    });
  return settings;
}

export const config: CommandSpec = {
  name: 'config',
  summary: 'Show the configuration that counts here, and where each value is from',
  examples: ['centpkg config', 'centpkg -C ./centpkg.conf config'],
  async run(context) {
    const settings = await effective(context);
    const rows = settings.map(({ name, value, from }) => [name, value, from]);
    const hint = settings[0]?.value === '-' ? '\n\nNo server is set: centpkg login --url URL' : '';
    return { data: { settings }, text: table(['setting', 'value', 'from'], rows, '') + hint };
  },
};
