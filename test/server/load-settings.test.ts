import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { loadSettings, redacted } from '../../server/config/load-settings.ts';
import { settingsSchema } from '../../server/config/settings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../config/example.toml');

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
});
afterEach(() => temporary[Symbol.asyncDispose]());

async function fileOf(text: string, name = 'config.toml'): Promise<string> {
  const file = join(temporary.path, name);
  await writeFile(file, text);
  return file;
}
const load = async (toml: string | null, environment: Record<string, string> = {}) =>
  loadSettings(toml === null ? null : await fileOf(toml), environment);

/** What is told of a configuration that is not valid. */
async function refusal(toml: string | null, environment: Record<string, string> = {}) {
  const error = await load(toml, environment).catch((raw: unknown) => raw);
  expect(error).toBeInstanceOf(DistGitError);
  const { code, message, detail } = error as DistGitError;
  expect(code).toBe('config_invalid');
  return { message, problems: detail.problems ?? [], text: JSON.stringify([message, detail]) };
}
const paths = ({ problems }: { problems: readonly { path: string }[] }): string[] =>
  problems.map(({ path }) => path).toSorted();

describe('settings', () => {
  it('have defaults for everything', async () => {
    const settings = loadSettings(null, {});
    expect(settings).toEqual(await load(''));
    expect(settings.server).toMatchObject({ host: '127.0.0.1', port: 8080, namespace: 'scls' });
    expect(settings.lookaside.max_upload_size).toBe(20 * 2 ** 30);
    expect(settings.database.url).toBeUndefined();
  });

  it('come from the file, and the environment stands over it', async () => {
    const toml = '[server]\nport = 1\nhost = "0.0.0.0"\n[log]\nlevel = "warn"\n';
    const settings = await load(toml, {
      DISTGIT_SERVER_PORT: '2',
      DISTGIT_PUSHES_MAX_REFS: '7',
      PATH: '/bin',
      HOME: '/root',
    });
    expect(settings.server).toMatchObject({ port: 2, host: '0.0.0.0' });
    expect(settings.pushes.max_refs).toBe(7);
    expect(settings.log.level).toBe('warn');
  });

  it('of TLS and the front stand together, or are told of', async () => {
    const bad = async (toml: string): Promise<string[]> => paths(await refusal(toml));
    expect(await bad('[tls]\ncertificate = "a"')).toEqual(['tls.key']);
    expect(await bad('[tls]\nkey = "a"')).toEqual(['tls.certificate']);
    expect(await bad('[tls]\nclient_ca = "a"')).toEqual(['tls.certificate']);
    expect(await bad('[tls]\ncertificate = "a"\nkey = "a"\nclient_crl = "a"')).toEqual([
      'tls.client_ca',
    ]);
    expect(await bad('[front]\naddresses = ["localhost"]')).toEqual(['front.addresses']);
    expect(await bad('[front]\nkerberos_realms = ["a/b"]')).toEqual(['front.kerberos_realms']);
    expect(await bad('[certificates]\naccount = "email"')).toEqual(['certificates.email_domain']);
    expect(await bad('[certificates]\naccount = "uri"')).toEqual(['certificates.uri_prefix']);
    const { front } = await load('[front]\naddresses = ["::1"]', {
      DISTGIT_FRONT_ADDRESSES: '127.0.0.1, 10.0.0.0/8',
    });
    expect(front.addresses).toEqual(['127.0.0.1', '10.0.0.0/8']);
  });

  it('can not be changed', () => {
    const settings = loadSettings(null, {});
    expect(() => Object.assign(settings.server, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(settings.pushes.levels, { x: 'error' })).toThrow(TypeError);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('take sizes as bytes and with binary units, in the file and the environment', async () => {
    const size = async (value: string) =>
      (await load(`[lookaside]\nmax_upload_size = ${value}`)).lookaside.max_upload_size;
    expect(await size('1000')).toBe(1000);
    expect(await size('"1000"')).toBe(1000);
    expect(await size('"64 KiB"')).toBe(65_536);
    expect(await size('"1.5 GiB"')).toBe(1.5 * 2 ** 30);
    const { lookaside } = await load(null, { DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '2 MiB' });
    expect(lookaside.max_upload_size).toBe(2 ** 21);
    for (const bad of ['"64 KB"', '"much"', '-1', '""', '"1e3"', 'true', '[1]'])
      expect([bad, paths(await refusal(`[lookaside]\nmax_upload_size = ${bad}`))]).toEqual([
        bad,
        ['lookaside.max_upload_size'],
      ]);
  });

  it('take a text of digits as text where text is wanted', async () => {
    const { server, git } = await load(null, {
      DISTGIT_SERVER_DATA: '2026',
      DISTGIT_GIT_PROGRAM: '7',
    });
    expect([server.data, git.program]).toEqual(['2026', '7']);
  });

  it('take the levels of checks, for everybody and by SIG', async () => {
    const toml =
      '[pushes.levels]\nspec-file = "warning"\n[pushes.sigs.sclo]\nflat-tree = "error"\n';
    const { pushes } = await load(toml);
    expect(pushes.levels).toEqual({ 'spec-file': 'warning' });
    expect(pushes.sigs).toEqual({ sclo: { 'flat-tree': 'error' } });
    const bad = '[pushes.levels]\nspec-file = "off"\nforward-only = "warning"\n';
    expect((await refusal(bad)).problems).toHaveLength(2);
  });
});

describe('settings that are not valid', () => {
  it('are told all at once, each with its path', async () => {
    const toml = `
      [server]
      port = 70000
      host = ""
      namespace = "SCLS"
      colour = "red"
      [database]
      pool_size = "many"
      [log]
      level = "loud"
      [nonsense]
      x = 1
    `;
    const told = await refusal(toml, { DISTGIT_GIT_MAX_PROCESSES: '0', DISTGIT_COLOUR: 'x' });
    expect(paths(told)).toEqual([
      '(top level)',
      'DISTGIT_COLOUR',
      'database.pool_size',
      'git.max_processes',
      'log.level',
      'server',
      'server.host',
      'server.namespace',
      'server.port',
    ]);
    expect(told.text).toContain('colour');
    expect(told.text).toContain('nonsense');
  });

  it.each([
    'DISTGIT_SERVER_PROT',
    'DISTGIT_PORT',
    'DISTGIT_SERVER',
    'DISTGIT_',
    'DISTGIT_server_port',
    'DISTGIT_SERVER_PORT_FILE',
    'DISTGIT_CONFIG_FILE',
  ])('for an unknown variable %s', async (name) => {
    expect((await refusal(null, { [name]: '1' })).problems).toEqual([
      { path: name, message: 'is not a setting' },
    ]);
  });

  it('for a section that is no table, whatever else it is', async () => {
    for (const toml of ['server = 3', 'database = "x"', 'database = [1]', 'log = true'])
      expect((await refusal(toml)).problems.length).toBeGreaterThan(0);
    expect((await refusal('server = 3', { DISTGIT_SERVER_PORT: '1' })).problems).toHaveLength(1);
  });

  it('for a file that is missing, no file, or no TOML', async () => {
    const told = await refusal('[server\nport = 1');
    expect(told.message).toMatch(/config\.toml is not valid: line \d/);
    const folder = join(temporary.path, 'folder');
    await mkdir(folder);
    for (const file of [join(temporary.path, 'none.toml'), folder])
      expect(() => loadSettings(file, {})).toThrow(/can not be read/);
  });
});

describe('the URL of the database', () => {
  const URL_TEXT = 'postgres://distgit:hunter2@localhost/distgit';

  it('may be in a file of its own, named in the configuration or the environment', async () => {
    const file = await fileOf(`${URL_TEXT}\n`, 'url');
    expect((await load(`[database]\nurl_file = "${file}"`)).database.url).toBe(URL_TEXT);
    const { database } = await load(null, { DISTGIT_DATABASE_URL_FILE: file });
    expect(database.url).toBe(URL_TEXT);
    expect(Object.keys(database)).not.toContain('url_file');
  });

  it('of the environment stands over the file that the configuration names', async () => {
    const file = await fileOf(`${URL_TEXT}\n`, 'url');
    const other = 'postgres://other@localhost/other';
    const { database } = await load(`[database]\nurl_file = "${file}"`, {
      DISTGIT_DATABASE_URL: other,
    });
    expect(database.url).toBe(other);
  });

  it('is refused where its file can not be read', async () => {
    const file = join(temporary.path, 'none');
    const told = await refusal(null, { DISTGIT_DATABASE_URL_FILE: file });
    expect(told.problems).toEqual([
      { path: 'database.url_file', message: `${file} can not be read` },
    ]);
  });

  it('is shown to nobody: neither where it is wrong nor where settings are printed', async () => {
    const bad = 'mysql://distgit:hunter2@localhost';
    const file = await fileOf(bad, 'url');
    for (const told of [
      await refusal(`[database]\nurl = "${bad}"`),
      await refusal(null, { DISTGIT_DATABASE_URL: bad }),
      await refusal(null, { DISTGIT_DATABASE_URL_FILE: file }),
    ]) {
      expect(paths(told)).toEqual(['database.url']);
      expect(told.text).not.toContain('hunter2');
    }
    const settings = await load(`[database]\nurl = "${URL_TEXT}"`);
    const shown = redacted(settings);
    expect(shown.database).toMatchObject({ url: '[redacted]', pool_size: 10 });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(settings.database.url).toBe(URL_TEXT);
    expect(redacted(loadSettings(null, {})).database).not.toHaveProperty('url');
  });
});

describe('the settings of a bucket', () => {
  const S3 = '[storage]\nkind = "s3"\ns3_bucket = "lookaside"\n';

  it('have defaults but for its name', async () => {
    expect((await load(S3)).storage).toMatchObject({
      s3_prefix: '',
      s3_region: 'us-east-1',
      s3_path_style: false,
      downloads: 'stream',
      presign_expiry: 900,
    });
    expect(paths(await refusal('[storage]\nkind = "s3"'))).toEqual(['storage.s3_bucket']);
  });

  it('take true and false as text from the environment', async () => {
    for (const [text, value] of [
      ['true', true],
      ['false', false],
    ] as const) {
      const { storage } = await load(S3, { DISTGIT_STORAGE_S3_PATH_STYLE: text });
      expect(storage.s3_path_style).toBe(value);
    }
    const told = await refusal(S3, { DISTGIT_STORAGE_S3_PATH_STYLE: 'maybe' });
    expect(paths(told)).toEqual(['storage.s3_path_style']);
  });

  it.each([
    ['s3_bucket = "Not A Bucket"', 's3_bucket'],
    ['s3_prefix = "no-end"', 's3_prefix'],
    ['s3_prefix = "../"', 's3_prefix'],
    ['s3_prefix = "/"', 's3_prefix'],
    ['s3_prefix = ".open/"', 's3_prefix'],
    ['s3_endpoint = "ftp://example.org"', 's3_endpoint'],
    ['s3_timeout = 0', 's3_timeout'],
    ['presign_expiry = 604801', 'presign_expiry'],
    ['downloads = "elsewhere"', 'downloads'],
    ['s3_access_key_id = "alone"', 's3_access_key_id'],
    ['s3_secret_access_key = "alone"', 's3_access_key_id'],
  ])('are refused: %s', async (line, key) => {
    const toml = `[storage]\nkind = "s3"\n${line.startsWith('s3_bucket') ? '' : 's3_bucket = "lookaside"\n'}`;
    expect(paths(await refusal(`${toml}${line}\n`))).toEqual([`storage.${key}`]);
  });

  it('redirect to a bucket only where there is one', async () => {
    expect(paths(await refusal('[storage]\ndownloads = "redirect"'))).toEqual([
      'storage.downloads',
    ]);
    expect((await load(`${S3}downloads = "redirect"`)).storage.downloads).toBe('redirect');
  });

  it('show the keys to nobody, which may come from files', async () => {
    const [id, secret] = [await fileOf('the-id\n', 'id'), await fileOf('hunter2\n', 'secret')];
    const toml = `${S3}s3_access_key_id_file = "${id}"\ns3_secret_access_key_file = "${secret}"`;
    const settings = await load(toml);
    expect(settings.storage).toMatchObject({
      s3_access_key_id: 'the-id',
      s3_secret_access_key: 'hunter2',
    });
    const shown = JSON.stringify(redacted(settings));
    for (const text of ['the-id', 'hunter2']) expect(shown).not.toContain(text);
    const told = await refusal(`${toml}\ns3_timeout = "hunter2"`);
    expect(paths(told)).toEqual(['storage.s3_timeout']);
  });
});

describe('the settings of a directory', () => {
  const DIRECTORY = `[directory]
urls = ["ldaps://ipa1.example.org", "ldap://ipa2.example.org"]
user_base = "cn=users,cn=accounts,dc=example,dc=org"
group_base = "cn=groups,cn=accounts,dc=example,dc=org"
`;

  it('are off unless there are servers', async () => {
    expect((await load(null)).directory).toMatchObject({ urls: [], starttls: true });
  });

  it('take servers as a list, or as words in the environment', async () => {
    const { directory } = await load(DIRECTORY);
    expect(directory).toMatchObject({
      group_attribute: 'memberOf',
      chair_attribute: 'memberManager',
      refresh: 300,
      max_age: 900,
      remember_passwords: 60,
    });
    const urls = 'ldaps://a.example.org  ldaps://b.example.org:1636';
    const { directory: other } = await load(DIRECTORY, { DISTGIT_DIRECTORY_URLS: urls });
    expect(other.urls).toEqual(['ldaps://a.example.org', 'ldaps://b.example.org:1636']);
  });

  it('take further groups of SIGs', async () => {
    const { directory } = await load(`${DIRECTORY}[directory.sigs]\nsclo = { chairs = ["leads"] }`);
    expect(directory.sigs).toEqual({ sclo: { members: [], chairs: ['leads'] } });
  });

  it.each([
    ['urls = ["https://example.org"]', 'urls.0'],
    ['urls = ["ldaps://ann:secret@ipa.example.org"]', 'urls.0'],
    ['urls = ["ldaps://ipa.example.org/dc=example"]', 'urls.0'],
    ['user_base = "nonsense"', 'user_base'],
    ['group_base = "cn="', 'group_base'],
    ['user_dn = "uid=ann,dc=example,dc=org"', 'user_dn'],
    ['user_dn = "uid={user}+cn={user},dc=example,dc=org"', 'user_dn'],
    ['bind_dn = "cn=alone,dc=example,dc=org"', 'bind_dn'],
    ['bind_password = "alone"', 'bind_dn'],
    ['group_attribute = "groups"', 'group_attribute'],
    ['chair_attribute = "a)(b"', 'chair_attribute'],
    ['refresh = 900', 'max_age'],
    ['starttls = false', 'starttls'],
    ['sigs = { "sig-core" = {} }', 'sigs.sig-core'],
    ['sigs = { Core = {} }', 'sigs.Core'],
  ])('are refused: %s', async (line, key) => {
    const [name = ''] = line.split(' ');
    const rest = DIRECTORY.split('\n').filter((one) => !one.startsWith(`${name} =`));
    expect(paths(await refusal([...rest, line].join('\n')))).toEqual([`directory.${key}`]);
  });

  it('need to know where users and groups are', async () => {
    const told = await refusal('[directory]\nurls = ["ldaps://ipa.example.org"]');
    expect(paths(told)).toEqual(['directory.group_base', 'directory.user_base']);
  });

  it('send no password in the clear, but on this machine', async () => {
    const off = (url: string) =>
      load(DIRECTORY, { DISTGIT_DIRECTORY_URLS: url, DISTGIT_DIRECTORY_STARTTLS: 'false' });
    for (const url of ['ldap://127.0.0.1:389', 'ldap://localhost', 'ldap://[::1]:389/'])
      expect((await off(url)).directory.starttls).toBe(false);
    for (const url of [
      'ldap://ipa.example.org',
      'ldap://127.0.0.1.example.org',
      'ldap://localhost2',
    ])
      await expect(off(url)).rejects.toThrow('not valid');
  });

  it('are those of the example, as it is and with all that it has to offer', async () => {
    const example = await readFile(EXAMPLE, 'utf8');
    const [, more = ''] = /(\[directory\][\s\S]*)\[koji\]/.exec(example) ?? [];
    expect((await load(more)).directory).toEqual(loadSettings(null, {}).directory);
    const file = await fileOf('hunter2', 'password');
    const all = more
      .replace(/^# (?=[a-z_]+ = )/gm, '')
      .replace('/etc/distgit/directory-password', file);
    const { directory } = await load(all);
    expect(Object.keys(directory).toSorted()).toEqual(
      Object.keys(settingsSchema.shape.directory.unwrap().shape).toSorted(),
    );
  });

  it('show the password to nobody, which may come from a file', async () => {
    const file = await fileOf('hunter2\n', 'password');
    const toml = `${DIRECTORY}bind_dn = "cn=distgit,dc=example,dc=org"\nbind_password_file = "${file}"`;
    const settings = await load(toml);
    expect(settings.directory.bind_password).toBe('hunter2');
    expect(JSON.stringify(redacted(settings))).not.toContain('hunter2');
    expect((await refusal(`${toml}\ntimeout = "hunter2"`)).text).not.toContain('hunter2');
  });
});
