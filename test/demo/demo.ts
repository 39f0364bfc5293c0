import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TestServer } from '../support/test-server.ts';
import { type Person, Stage, StoryError } from './stage.ts';

const SPECS = resolve(import.meta.dirname, 'specs');
const COMPONENTS = [
  { name: 'nodejs-wrappy', npm: 'wrappy@1.0.2', tarball: 'wrappy-1.0.2.tgz' },
  { name: 'nodejs-semver', npm: 'semver@5.7.2', tarball: 'semver-5.7.2.tgz' },
  { name: 'nodejs-uuid', npm: 'uuid@3.4.0', tarball: 'uuid-3.4.0.tgz' },
] as const;
const BRANCHES = ['rh-nodejs4', 'rh-nodejs6'].flatMap((collection) =>
  ['6', '7'].map((release) => `scl-${collection}-el${release}`),
);

async function login(person: Person, server: TestServer, admin: Person, user: string) {
  const made = await admin.does('.', ['centpkg', 'token', 'create', '--user', user]);
  // A note of its own goes with it, in whatever order the two come.
  const token = /^sclt_\S+$/m.exec(made)?.[0] ?? '';
  await writeFile(join(person.home, 'token'), token, { mode: 0o600 });
  await person.does('.', ['centpkg', 'login', '--url', server.url, '--token-file', 'token'], {
    shows: [`as ${user}`],
  });
}

async function setUp(stage: Stage, server: TestServer) {
  stage.chapter('A site admin sets up the SIG and its people');
  const admin = await stage.person('admin');
  const tokenFile = join(server.data, 'admin-token');
  await admin.does('.', ['centpkg', 'login', '--url', server.url, '--token-file', tokenFile]);
  await admin.does('.', ['centpkg', 'sig', 'create', 'sclo', '--title', 'Software Collections']);
  for (const user of ['carol', 'ann', 'ray'])
    await admin.does('.', ['centpkg', 'user', 'create', user]);
  await admin.does('.', ['centpkg', 'sig', 'members', 'sclo', 'carol', '--chair']);
  await admin.does('.', ['centpkg', 'sig', 'members', 'sclo', 'ann']);
  const [carol, ann, ray] = [
    await stage.person('carol'),
    await stage.person('ann'),
    await stage.person('ray'),
  ];
  await login(carol, server, admin, 'carol');
  await login(ann, server, admin, 'ann');
  await login(ray, server, admin, 'ray');
  return { admin, carol, ann, ray };
}

async function createComponents(stage: Stage, ann: Person, carol: Person) {
  stage.chapter('A SIG member creates collections and components');
  const create = ['centpkg', 'collection', 'create'];
  await ann.does('.', [...create, 'rh-nodejs4', '--sig', 'sclo', '--el', '6,7']);
  await ann.does('.', [
    ...create,
    'rh-nodejs6',
    '--sig',
    'sclo',
    '--el',
    '6,7',
    '--depends',
    '7:rh-nodejs4',
  ]);
  for (const { name } of COMPONENTS)
    await ann.does(
      '.',
      ['centpkg', 'component', 'create', name, '--collection', 'rh-nodejs4,rh-nodejs6'],
      { shows: BRANCHES },
    );
  await ann.does('.', ['centpkg', 'collection', 'list'], { shows: ['rh-nodejs4', 'rh-nodejs6'] });
  await ann.does('.', ['centpkg', 'component', 'list', '--json'], { shows: ['nodejs-uuid'] });

  stage.chapter('Only whom the SIG approved may commit');
  await ann.does('.', ['centpkg', 'clone', 'nodejs-wrappy']);
  await ann.does('nodejs-wrappy', ['centpkg', 'push'], {
    exit: 6,
    shows: ['has not approved ann'],
  });
  await carol.does('.', ['centpkg', 'sig', 'approve', 'sclo', 'ann', '--reason', 'maintains Node']);
  await ann.does('.', ['rm', '-r', 'nodejs-wrappy']);
}

async function publish(stage: Stage, ann: Person) {
  stage.chapter('Work as a SIG member: real tarballs, three components, four branches each');
  for (const { name, npm, tarball } of COMPONENTS) {
    await ann.does('.', ['centpkg', 'clone', '--branch', BRANCHES[0] ?? '', name]);
    await ann.does(name, ['npm', 'pack', '--silent', npm], { shows: [tarball] });
    await copyFile(join(SPECS, `${name}.spec`), join(ann.home, name, `${name}.spec`));
    await ann.does(name, ['git', 'add', `${name}.spec`]);
    await ann.does(name, ['centpkg', 'new-sources', tarball], { shows: [`SHA512 (${tarball})`] });
    await ann.does(name, ['centpkg', 'commit', '-m', `Add ${npm.replace('@', ' ')}`]);
    await ann.does(name, ['centpkg', 'pre-push-check'], { shows: ['the checks pass'] });
    await ann.does(name, ['centpkg', 'push'], { shows: [BRANCHES[0] ?? ''] });
    for (const branch of BRANCHES.slice(1)) {
      await ann.does(name, ['centpkg', 'switch-branch', branch]);
      await ann.does(name, ['git', 'merge', '--quiet', '--ff-only', BRANCHES[0] ?? '']);
      await ann.does(name, ['centpkg', 'push'], { shows: [branch] });
    }
  }
  stage.tell('A second clone gets the sources back, verified.');
  const [wrappy] = COMPONENTS;
  await ann.does('.', ['centpkg', 'clone', wrappy.name, 'again']);
  await ann.does('again', ['centpkg', 'sources'], { shows: [`${wrappy.tarball}: downloaded`] });
  const [one, two] = await Promise.all(
    ['again', wrappy.name].map((folder) => readFile(join(ann.home, folder, wrappy.tarball))),
  );
  if (one === undefined || two === undefined || !one.equals(two))
    throw new StoryError('the downloaded tarball is not the uploaded one');
}

async function plainGit(stage: Stage, server: TestServer, carol: Person, ray: Person) {
  stage.chapter('Work as a Red Hat engineer: plain git, the server as a remote');
  const url = `${server.url}/scls/nodejs-semver.git`;
  const [, el7 = ''] = BRANCHES;
  await mkdir(join(ray.home, 'internal'));
  await ray.does('internal', ['git', 'init', '--quiet', '--initial-branch', 'rhscl-el7']);
  await ray.does('internal', ['git', 'remote', 'add', 'centos', url]);
  await ray.does('internal', ['git', 'fetch', 'centos'], { shows: [el7] });
  await ray.does('internal', ['git', 'checkout', '-b', el7, '--track', `centos/${el7}`]);
  await ray.does('internal', ['git', 'checkout', '-b', 'rhscl-el7']);
  const spec = join(ray.home, 'internal/nodejs-semver.spec');
  await writeFile(
    spec,
    (await readFile(spec, 'utf8')).replace('Release:        1', 'Release:        2'),
  );
  await ray.does('internal', ['git', 'commit', '--quiet', '--all', '-m', 'Rebuild']);
  await ray.does('internal', ['git', 'checkout', el7]);
  await ray.does('internal', ['git', 'cherry-pick', 'rhscl-el7']);
  const push = ['git', 'push', 'centos', `${el7}:${el7}`];
  stage.tell('Without a token git is asked for one; with it, the SIG must have approved.');
  await ray.does('internal', push, { exit: 128 });
  await ray.does('internal', [
    'git',
    'config',
    `credential.${server.url}.helper`,
    '!centpkg git-credential',
  ]);
  await ray.does('internal', push, { exit: 128, shows: ['has not approved ray'] });
  await carol.does('.', [
    'centpkg',
    'sig',
    'approve',
    'sclo',
    'ray',
    '--component',
    'nodejs-semver',
  ]);
  await ray.does('internal', push, { shows: [`${el7} -> ${el7}`] });
  return { el7, push };
}

async function refusals(stage: Stage, ray: Person, el7: string) {
  stage.chapter('Be told what is wrong: every reason at once');
  const folder = join(ray.home, 'internal');
  await mkdir(join(folder, 'patches'));
  await writeFile(join(folder, 'patches/fix.patch'), 'no directories\n');
  await writeFile(join(folder, 'logo.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]));
  await writeFile(join(folder, 'sources'), `SHA512 (semver-6.0.0.tgz) = ${'0'.repeat(128)}\n`);
  await ray.does('internal', ['ln', '-s', '/etc/passwd', 'passwd']);
  await ray.does('internal', ['git', 'add', '--all']);
  await ray.does('internal', ['git', 'commit', '--quiet', '-m', 'Everything wrong']);
  await ray.does(
    'internal',
    ['git', 'push', 'centos', `${el7}:${el7}`, `${el7}:main`, `:${BRANCHES[0]}`],
    {
      exit: 1,
      shows: [
        'patches/ is a directory',
        'logo.png in commit',
        'centpkg upload semver-6.0.0.tgz',
        'passwd is a symlink',
        'main: "main" is not a release branch',
        'branches can not be deleted',
      ],
    },
  );
}

async function play(root: string): Promise<void> {
  const stage = await Stage.open(root);
  stage.chapter('A fresh server');
  await using server = await new TestServer(join(root, 'data')).start();
  stage.tell(`It listens on ${server.url} and keeps everything in one folder.`);
  const { admin, carol, ann, ray } = await setUp(stage, server);
  await createComponents(stage, ann, carol);
  await publish(stage, ann);
  const { el7 } = await plainGit(stage, server, carol, ray);
  await refusals(stage, ray, el7);
  stage.chapter('What happened');
  await ann.does('.', ['centpkg', 'push', 'list', '--limit', '5'], { shows: ['nodejs-semver'] });
  await ann.does('.', ['centpkg', 'lookaside', 'list', 'nodejs-wrappy'], {
    shows: ['wrappy-1.0.2.tgz'],
  });
  await admin.does('.', ['centpkg', 'audit', 'list', '--limit', '8'], { shows: ['refused'] });
  process.stdout.write('\nThe story went as told.\n');
}

const root = await mkdtemp(join(tmpdir(), 'distgit-demo-'));
try {
  await play(root);
} catch (error) {
  if (!(error instanceof StoryError)) throw error;
  process.stdout.write(`\nThe story went other than told: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await rm(root, { recursive: true, force: true });
}
