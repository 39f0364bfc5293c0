import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { installPackages } from '../support/debian.ts';
import { hashOf, importSources } from '../support/imported-source.ts';
import { type Finished, run } from '../support/process.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';
import { installRpkg } from './support/rpkg-install.ts';

const scenario = scloScenario();
const NEW = { file: 'Python-3.3+a~b^c.tar.gz', content: gzipSync('the new source') };
const OLD = { file: 'old.tar', content: 'the old source' };
let path = '';
let folder = '';

beforeAll(async () => {
  await installPackages({ curl: 'curl' });
  path = await installRpkg();
  folder = scenario.path('clients');
  await mkdir(folder);
  await importSources(scenario.server, [{ ...OLD, type: 'md5', mtime: '2014-05-13T16:53:20Z' }]);
  const { server, people } = scenario;
  await put(server, people.committer, 'python', NEW.file, NEW.content);
}, 600_000);

/** A program of Python's, with rpkg's modules at hand. */
async function python(program: string, cwd: string, ...args: string[]): Promise<Finished> {
  const file = join(folder, 'program.py');
  await writeFile(file, program);
  return run('python', [file, ...args], { cwd, env: { PATH: path, HOME: folder } });
}

/** A configuration that the server hands out, as a file. */
async function handedOut(name: string): Promise<string> {
  const file = join(folder, name);
  const answer = await fetch(`${scenario.server.url}/client/${name}`);
  await writeFile(file, await answer.text());
  return file;
}

describe('dist-git-client', () => {
  /**
   * No index has it: this reads the ini and asks just as it does, with Python's own configparser
   * and format, and curl with its options.
   */
  const CLIENT = `
import configparser, subprocess, sys
from urllib.parse import urlparse

config = configparser.ConfigParser()
config.read(sys.argv[1])
git = configparser.ConfigParser()
git.read('.git/config')
clone = urlparse(git['remote "origin"']['url'])
[instance] = [config[name] for name in config.sections()
              if clone.hostname in config[name]['clone_hostnames'].split()
              and any(clone.path.startswith(one) for one in config[name]['path_prefixes'].split())]
name = clone.path.strip('/').split('/')[-1].removesuffix('.git')
print(instance['cloning_pattern'].format(package=name))
for line in open(instance['sources_file'].format(name=name)):
    parts = line.split()
    if len(parts) == 2:
        kind, digest, filename = instance['default_sum'].lower(), parts[0], parts[1]
    else:
        kind, digest, filename = parts[0].lower(), parts[3], parts[1].strip('()')
    url = '/'.join([instance['lookaside_location'], instance['lookaside_uri_pattern'].format(
        name=name, refspec='HEAD', namespace=['scls'], hashtype=kind, hash=digest, filename=filename)])
    subprocess.check_call(['curl', '-H', 'Pragma:', '-o', filename, '--location',
        '--connect-timeout', '60', '--retry', '3', '--retry-delay', '10', '--remote-time',
        '--show-error', '--fail', '--retry-all-errors', url])
    output = subprocess.check_output([kind + 'sum', filename]).decode()
    assert output.split()[0] == digest, output
`;

  it.each([
    ['new', NEW, `SHA512 (${NEW.file}) = ${sha512(NEW.content)}\n`],
    ['old', OLD, `${hashOf('md5', OLD.content)}  ${OLD.file}\n`],
  ])(
    'finds its way by the ini that the server hands out: %s sources',
    async (form, one, sources) => {
      const ini = await handedOut('dist-git-client.ini');
      const { server, people } = scenario;
      const copy = await workingCopy(server, join(folder, form), people.committer);
      await writeFile(join(copy, 'sources'), sources);
      const { code, stdout, stderr } = await python(CLIENT, copy, ini);
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout).toBe(`${server.gitUrl('python')}\n`);
      expect(await readFile(join(copy, one.file))).toEqual(Buffer.from(one.content));
      if (form === 'old')
        expect((await stat(join(copy, one.file))).mtime).toEqual(new Date('2014-05-13T16:53:20Z'));
    },
  );
});

describe('packit', () => {
  /** As its class for look-aside caches does it: rpkg's modules, and the configuration read raw. */
  const CLIENT = `
import configparser, hashlib, json, sys
import pyrpkg.lookaside, pyrpkg.sources, requests

conf, archive, absent = sys.argv[1:]
parser = configparser.ConfigParser()
parser.read(conf)
config = dict(parser.items('centpkg', raw=True))
package = 'rpms/python' if config.get('lookaside_namespaced', False) else 'python'
cache = pyrpkg.lookaside.CGILookasideCache(
    config['lookasidehash'], config['lookaside'], config['lookaside_cgi'])
def uploaded(path):
    return cache.remote_file_exists_head(
        name=package, filename=path, hash=cache.hash_file(path), hashtype=None)
found = {}
for entry in pyrpkg.sources.SourcesFile('sources', 'bsd').entries:
    url = cache.get_download_url(package, entry.file, entry.hash, entry.hashtype)
    head = requests.head(url)
    found[entry.file] = [head.status_code, head.headers['Content-Length'],
                         hashlib.sha512(requests.get(url).content).hexdigest()]
print(json.dumps({'archive': uploaded(archive), 'absent': uploaded(absent), 'found': found}))
`;

  it('asks by HEAD, and finds the URLs of all sources', async () => {
    const conf = await handedOut('centpkg.conf');
    const copy = join(folder, 'packit');
    await mkdir(copy);
    await writeFile(join(copy, NEW.file), NEW.content);
    await writeFile(join(copy, 'absent.tar'), 'never uploaded');
    const line = `SHA512 (${NEW.file}) = ${sha512(NEW.content)}\n`;
    await writeFile(join(copy, 'sources'), line);
    const { stdout, stderr } = await python(CLIENT, copy, conf, NEW.file, 'absent.tar');
    expect([stderr, JSON.parse(stdout || 'null')]).toEqual([
      '',
      {
        archive: true,
        absent: false,
        found: { [NEW.file]: [200, String(NEW.content.length), sha512(NEW.content)] },
      },
    ]);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
