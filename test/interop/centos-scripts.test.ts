import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isStored } from '../support/data-folder.ts';
import { installPackages } from '../support/debian.ts';
import { hashOf, importSources } from '../support/imported-source.ts';
import { type Finished, run } from '../support/process.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { fieldsOf, TokenFront } from './support/token-front.ts';

/**
 * CentOS's scripts log in with a client certificate. The front stands for the web server that takes
 * it, see `TokenFront`; everything else is just what the scripts' curl sends.
 */
const front = await TokenFront.open();
const scenario = scloScenario({ DISTGIT_SERVER_URL: front.url });
const BRANCH = 'sig-sclo7-python33-rh';
let folder = '';

beforeAll(async () => {
  await installPackages({ curl: 'curl' });
  front.forwardTo(scenario.server.url);
  folder = scenario.path('sources');
  await run('mkdir', ['--parents', folder]);
});
beforeEach(() => {
  front.token = scenario.people.committer;
  front.seen = [];
});
afterAll(() => front.close());

/** As `lookaside_upload` does it: asks, and sends what is missing. */
const UPLOAD = `#!/bin/sh
# upload URL SUM COMPONENT FILE [BRANCH]
set -eu
url=$1 sum=$2 name=$3 file=$4
branch=\${5:+--form branch=$5}
hash=$("$sum" "$file" | cut -d' ' -f1)
if curl --silent --fail --form "name=$name" $branch --form "$sum=$hash" "$url" | grep -q Available
then echo "File is already uploaded"; exit 0
fi
exec curl --silent --show-error --fail --form "name=$name" $branch --form "$sum=$hash" \\
  --form "file=@$file" "$url"
`;

async function upload(path: string, sum: string, file: string, branch = ''): Promise<Finished> {
  const script = join(folder, 'upload');
  await writeFile(script, UPLOAD);
  await chmod(script, 0o755);
  const source = join(folder, file);
  return run(script, [front.url + path, sum, 'python', source, ...(branch === '' ? [] : [branch])]);
}

describe.each([
  ['/sources/upload.cgi', BRANCH],
  ['/sources/upload_sig.cgi', ''],
  ['/sources/sig_upload.cgi', ''],
])("CentOS's script against %s", (path, branch) => {
  const before = branch === '' ? ['name', 'sha512sum'] : ['name', 'branch', 'sha512sum'];

  it('uploads a file, and finds it the next time', async () => {
    const file = `curl-${path.replaceAll('/', '-')}.tar.gz`;
    await writeFile(join(folder, file), path);
    const first = await upload(path, 'sha512sum', file, branch);
    expect(first).toEqual({
      code: 0,
      stdout: `File ${file} size ${path.length} SHA512 ${sha512(path)} stored OK\n`,
      stderr: '',
    });
    expect(front.uploads.map(({ body }) => fieldsOf(body))).toEqual([before, [...before, 'file']]);
    expect((await upload(path, 'sha512sum', file, branch)).stdout).toBe(
      'File is already uploaded\n',
    );
    expect(front.uploads).toHaveLength(3);
  });

  it('uploads a file for which curl waits for leave', async () => {
    const file = `large-${path.replaceAll('/', '-')}.bin`;
    const content = Buffer.alloc(3 * 2 ** 20, path);
    await writeFile(join(folder, file), content);
    expect((await upload(path, 'sha512sum', file, branch)).stdout).toContain('stored OK');
    expect(front.uploads.at(-1)?.headers.expect).toBe('100-continue');
  });

  it('finds what was imported with sha1, and sends nothing', async () => {
    const file = `imported-${path.replaceAll('/', '-')}`;
    await writeFile(join(folder, file), file);
    await importSources(scenario.server, [
      { file: 'another-name.tar', type: 'sha1', content: file },
    ]);
    const done = await upload(path, 'sha1sum', file, branch);
    expect(done.stdout).toBe('File is already uploaded\n');
    expect(front.uploads).toHaveLength(1);
  });

  it.each(['sha1sum', 'md5sum'])('fails with a new file and %s', async (sum) => {
    await writeFile(join(folder, 'new.tar'), `new for ${path}`);
    const { code, stderr } = await upload(path, sum, 'new.tar', branch);
    expect(code).toBe(22);
    expect(stderr).toContain('406');
    expect(await isStored(scenario.server.data, 'new.tar')).toBe(false);
  });

  it.each(['nobody', 'stranger'] as const)('fails for %s', async (who) => {
    front.token = who === 'nobody' ? null : scenario.people[who];
    await writeFile(join(folder, 'denied.tar'), 'denied');
    const { code, stderr } = await upload(path, 'sha512sum', 'denied.tar', branch);
    expect(code).toBe(22);
    expect(stderr).toContain(who === 'nobody' ? '401' : '403');
    expect(await isStored(scenario.server.data, 'denied.tar')).toBe(false);
  });
});

/** As `get_sources.sh` does it: every file of `.<component>.metadata`, by branch and hash. */
const GET_SOURCES = `#!/bin/sh
# get_sources URL COMPONENT BRANCH...
set -eu
url=$1 name=$2
shift 2
while read -r hash path; do
  case \${#hash} in
    32) sum=md5sum ;; 40) sum=sha1sum ;; 64) sum=sha256sum ;; 128) sum=sha512sum ;;
    *) echo "odd hash $hash" >&2; exit 1 ;;
  esac
  mkdir -p "$(dirname "$path")"
  for branch in "$@"; do
    if curl --silent --head --fail -o /dev/null "$url/$name/$branch/$hash"; then
      curl --silent --fail --location -H Pragma: -R -o "$path" "$url/$name/$branch/$hash"
      break
    fi
  done
  echo "$hash  $path" | $sum -c --quiet
done < ".$name.metadata"
`;

describe("a fetch by CentOS's old layout", () => {
  const MTIME = 'Tue, 13 May 2014 16:53:20 GMT';
  const lines: [type: string, path: string][] = [
    ['md5', 'SOURCES/oldest.tar.gz'],
    ['sha1', 'SOURCES/old.tar.gz'],
    ['sha256', 'SOURCES/newer.tar.gz'],
    ['sha512', 'SOURCES/newest.tar.gz'],
  ];
  let copy = '';
  beforeAll(async () => {
    copy = scenario.path('checkout');
    await run('mkdir', ['--parents', copy]);
    await writeFile(join(copy, 'get_sources'), GET_SOURCES, { mode: 0o755 });
    await importSources(
      scenario.server,
      lines.map(([type, path]) => ({
        file: path.replace('SOURCES/', ''),
        type,
        content: `${type} ${path}`,
        mtime: MTIME,
        ...(type === 'sha1' ? { branch: 'c7' } : {}),
      })),
    );
  });
  const getSources = (metadata: string): Promise<Finished> =>
    writeFile(join(copy, '.python.metadata'), metadata).then(() =>
      run('./get_sources', [`${front.url}/sources`, 'python', 'c7', BRANCH], { cwd: copy }),
    );

  it('gets every file, by hashes of every length, with the time of its upload', async () => {
    const metadata = lines.map(([type, path]) => `${hashOf(type, `${type} ${path}`)} ${path}\n`);
    front.token = null;
    expect(await getSources(metadata.join(''))).toEqual({ code: 0, stdout: '', stderr: '' });
    const { stdout } = await run('stat', ['--format=%n %Y', ...lines.map(([, path]) => path)], {
      cwd: copy,
    });
    expect(stdout).toBe(lines.map(([, path]) => `${path} ${Date.parse(MTIME) / 1000}\n`).join(''));
    expect(front.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('fails for a file that is not there', async () => {
    const { code } = await getSources(`${hashOf('sha1', 'absent')} SOURCES/absent.tar.gz\n`);
    expect(code).not.toBe(0);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
