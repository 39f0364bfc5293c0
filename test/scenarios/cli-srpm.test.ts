import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { API_ROOT } from '../../core/api/routes.ts';
import { TAG } from '../../core/domain/rpm/tags.ts';
import { forgePackage } from '../cli/support/forged-package.ts';
import { buildScenario, type Package, specFor, TARGET } from '../support/build-scenario.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';
import { faultsIn } from '../support/scenario.ts';

// More than one piece of what Koji takes at once, and small enough to be sent twice.
const LIMIT = 4 * 2 ** 20;
const scenario = buildScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: String(LIMIT) });
const says = (text: string) => expect.stringContaining(text) as string;
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');
const ann = (args: string[], { folder }: Package) => scenario.ann.run(args, { cwd: folder });

beforeAll(installRpmbuild);

let made = 0;
/** A source package of the real rpmbuild, with a tarball of so many bytes that nothing packs. */
async function srpmOf(name: string, bytes = 10): Promise<string> {
  return buildSourceRpm(scenario.path(`srpm-${made++}`), {
    specName: `${name}.spec`,
    spec: `Name: ${name}\nVersion: 1.0\nRelease: 1\nSummary: s\nLicense: MIT\nSource0: a.tar\n%description\nd\n`,
    files: { 'a.tar': randomBytes(bytes) },
  });
}

/** What the hub has of uploads: their bytes. */
const uploads = () => [...scenario.hub.state.store.files.values()].map(({ length }) => length);
const asked = () => scenario.hub.seen.filter(({ method }) => method === 'build').length;

describe('centpkg scratch-build --srpm', () => {
  it('makes the SRPM of what lies there, and has Koji build it', async () => {
    const one = await scenario.annPackage();
    // Neither committed nor pushed.
    await writeFile(join(one.folder, `${one.component}.spec`), specFor(one.component, '7'));
    const nvr = `python33-${one.component}-1.0-7.el7`;
    const running = ann(['scratch-build', '--srpm', '--arches', 'x86_64', '--fail-fast'], one);
    const task = await scenario.taskOf('build', { ...one, commit: nvr });
    const [source, target, options] = scenario.builder.request(task);
    expect([source, target]).toEqual([
      expect.stringMatching(new RegExp(`^cli-build/[^/]+/${nvr}\\.src\\.rpm$`)),
      TARGET,
    ]);
    expect(options).toMatchObject({ scratch: true, arch_override: 'x86_64', fail_fast: true });
    const file = await readFile(join(one.folder, `${nvr}.src.rpm`));
    expect(sha512(scenario.builder.uploaded(task) ?? Buffer.of())).toBe(sha512(file));
    scenario.builder.take(task);
    scenario.builder.complete(task, nvr);
    const done = await running;
    expect([done.code, done.stdout]).toEqual([
      0,
      `The scratch build of ${one.component} is complete.\n`,
    ]);
    expect(done.stderr).toContain(`Koji builds ${nvr}.src.rpm as task ${task}.\n`);
    expect(done.stderr).toContain(`${task} build: `);
    const { items } = await scenario.server.must('listBuilds', { component: one.component });
    expect(items).toMatchObject([
      { kind: 'scratch', commit: null, srpm: `${nvr}.src.rpm`, nvr, tags: [], submittedBy: 'ann' },
    ]);
    expect(await scenario.ann.must(['builds'], { cwd: one.folder })).toMatch(/complete .* SRPM /);
    const audit = await scenario.server.must('listAudit', { limit: 5 });
    const entry = audit.items.find(({ action }) => action === 'build.submit');
    expect(entry?.actor).toBe('ann');
    expect(entry?.detail).toMatchObject({ kind: 'scratch', nvr });
    expect(entry?.detail.srpm).toBe(source);
    // Nothing of it is kept here: not as a source, and not as a tag.
    expect(await scenario.cached(one.component)).toEqual([]);
  });

  it('takes a file of several pieces, whatever becomes of an answer of Koji', async () => {
    const one = await scenario.annPackage();
    const file = await srpmOf(`python33-${one.component}`, 2.5 * 2 ** 20);
    scenario.hub.fail(/^rawUpload$/, 'lost-answer', 'bad-gateway-after', 'lost-request');
    scenario.hub.fail(/^build$/, 'lost-answer');
    const args = ['build', '--scratch', '--srpm', file, '--nowait', '--background'];
    const started = await ann(args, one);
    expect([started.code, started.stderr]).toEqual([0, says('.src.rpm')]);
    const task = await scenario.taskOf('build', { ...one, commit: one.component });
    expect(sha512(scenario.builder.uploaded(task) ?? Buffer.of())).toBe(
      sha512(await readFile(file)),
    );
    expect(scenario.hub.planned).toBe(0);
    await ann(['cancel', String(task)], one);
    await scenario.until(one.component, ({ state }) => state === 'canceled');
    const again = await ann(['resubmit', String(task)], one);
    expect([again.code, again.stderr]).toEqual([5, says('made of an SRPM')]);
  });

  it('asks for nothing in a dry run', async () => {
    const one = await scenario.annPackage();
    const file = await srpmOf(`python33-${one.component}`);
    const before = uploads().length;
    const dry = await ann(['--dry-run', 'scratch-build', '--srpm', file], one);
    expect([dry.code, dry.stdout]).toEqual([0, says('Would ask the server: Build an SRPM')]);
    expect(uploads()).toHaveLength(before);
  });

  it('is refused before anything is sent', async () => {
    const one = await scenario.annPackage();
    const before = [uploads().length, asked()];
    const own = await srpmOf(`python33-${one.component}`);
    const other = await srpmOf('python33-other');
    const broken = scenario.path('broken.src.rpm');
    await writeFile(broken, (await readFile(own)).subarray(0, 300));
    const cases: [string[], number, string][] = [
      [['build', '--srpm'], 2, 'A build that is kept is made of a pushed commit'],
      [['build', '--srpm', own], 2, 'centpkg scratch-build --srpm'],
      [['build', '--scratch', '--srpm', own, '--skip-tag'], 2, 'goes into no tag'],
      [['build', '--scratch', '--srpm', own, '--first-arch'], 2, 'exclude each other'],
      [['scratch-build', '--srpm', '/nothing.src.rpm'], 2, 'can not be read'],
      [['scratch-build', '--srpm', `${one.component}.spec`], 2, 'is not a source package'],
      [['scratch-build', '--srpm', broken], 6, 'ends within a header'],
      [['scratch-build', '--srpm', other], 6, `is to build python33-${one.component}`],
      [['scratch-build', '--srpm', own, '--target', 'nothing'], 6, 'Koji has no target nothing.'],
    ];
    for (const [args, code, text] of cases)
      expect([args, await ann(args, one)]).toEqual([
        args,
        expect.objectContaining({ code, stderr: says(text) }),
      ]);
    await writeFile(join(one.folder, `${one.component}.spec`), specFor(one.component, '2'));
    expect((await ann(['scratch-build'], one)).stderr).toContain('centpkg scratch-build --srpm');
    expect([uploads().length, asked()]).toEqual(before);
  });
});

describe('an SRPM for the server', () => {
  const query = (component: string, bytes: Uint8Array, more: Record<string, string> = {}) =>
    new URLSearchParams({
      component,
      branch: 'scl-python33-el7',
      sha512: sha512(bytes),
      ...more,
    }).toString();
  async function post(
    text: string,
    bytes: Uint8Array<ArrayBuffer>,
    token: string | null = scenario.people.committer,
  ) {
    const response = await fetch(`${scenario.server.url}${API_ROOT}/builds/srpm?${text}`, {
      method: 'POST',
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      body: bytes,
    });
    return { status: response.status, body: (await response.json()) as { detail: string } };
  }
  const bytesOf = async (file: string) => new Uint8Array(await readFile(file));

  it('is refused with nothing left of it: here, at Koji, or in the database', async () => {
    const { component } = await scenario.annPackage();
    const name = `python33-${component}`;
    const good = await bytesOf(await srpmOf(name, 1.5 * 2 ** 20));
    const other = await bytesOf(await srpmOf('python33-other'));
    const binary = new Uint8Array(
      forgePackage({ tags: new Map([[TAG.sourceRpm, { text: 'a-1-1.src.rpm' }]]) }),
    );
    const before = [asked(), (await everything()).length];
    const [none, cut] = [new Uint8Array(0), good.slice(0, 200)];
    const cases: [string, Uint8Array<ArrayBuffer>, number, string][] = [
      [query(component, good, { sha512: '0'.repeat(128) }), good, 400, 'SHA512 check failed'],
      [query(component, other), other, 422, `is to build ${name}`],
      [query(component, binary), binary, 422, 'not a source package'],
      [query(component, none), none, 422, 'not a source package'],
      [query(component, cut), cut, 422, 'ends within a header'],
      [query(component, good, { sha512: 'x' }), good, 400, 'is not a SHA-512'],
      [query(component, good, { arches: 'a b' }), good, 400, 'is not an architecture'],
      [query(component, good, { more: '1' }), good, 400, 'nrecognized'],
      [query(component, good, { target: 'nothing' }), good, 422, 'Koji has no target nothing.'],
      [query('nothing', good), good, 404, 'no component nothing'],
      [query(component, good, { branch: 'scl-python33-el9' }), good, 404, 'no branch'],
    ];
    for (const [text, bytes, status, words] of cases)
      expect([words, await post(text, bytes)]).toEqual([
        words,
        { status, body: expect.objectContaining({ detail: says(words) }) as object },
      ]);
    const large = new Uint8Array(LIMIT + 1);
    expect(await post(query(component, large), large)).toMatchObject({ status: 413 });
    for (const [token, status] of [
      [null, 401],
      [scenario.people.stranger, 403],
    ] as const)
      expect(await post(query(component, good), good, token)).toMatchObject({ status });
    expect([asked(), (await everything()).length]).toEqual(before);
    expect(uploads().filter((bytes) => bytes === good.length)).toEqual([]);
    const { items } = await scenario.server.must('listBuilds', { component });
    expect(items).toEqual([]);
  });

  it('that is more than it said is refused at the limit', async () => {
    const { component } = await scenario.annPackage();
    const good = Buffer.from(await bytesOf(await srpmOf(`python33-${component}`)));
    const call = request(
      `${scenario.server.url}${API_ROOT}/builds/srpm?${query(component, good)}`,
      {
        method: 'POST',
        headers: { Authorization: `Bearer ${scenario.people.committer}` },
      },
    );
    call.on('error', () => {});
    call.write(good);
    const rest = Buffer.alloc(LIMIT);
    call.write(rest);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    answer.resume();
    call.destroy();
    expect(uploads().every((bytes) => bytes < LIMIT)).toBe(true);
  });

  it('that breaks off is forgotten, and Koji keeps nothing of it', async () => {
    const { component } = await scenario.annPackage();
    const good = Buffer.from(await bytesOf(await srpmOf(`python33-${component}`, 1.5 * 2 ** 20)));
    const before = [asked(), (await everything()).length];
    const had = uploads().length;
    const call = request(
      `${scenario.server.url}${API_ROOT}/builds/srpm?${query(component, good)}`,
      {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${scenario.people.committer}`,
          'Content-Length': good.length,
        },
      },
    );
    call.on('error', () => {});
    call.write(good.subarray(0, 1.2 * 2 ** 20));
    await expect.poll(uploads, { timeout: 60_000 }).toHaveLength(had + 1);
    call.destroy();
    await expect.poll(() => uploads().at(-1), { timeout: 60_000 }).toBe(0);
    expect([asked(), (await everything()).length]).toEqual(before);
  });

  it('is for whoever may push to the branch alone, and a robot within its scope', async () => {
    const { component } = await scenario.annPackage();
    const good = await bytesOf(await srpmOf(`python33-${component}`));
    const { server, people } = scenario;
    const narrow = await server.must('createToken', { verbs: ['upload'] }, people.committer);
    const refused = await post(query(component, good), good, narrow.token);
    expect(refused).toMatchObject({ status: 403, body: { rule: 'token-scope' } });
    await server.must('setClosed', { collection: 'python33', releases: ['7'], closed: true });
    expect(await post(query(component, good), good)).toMatchObject({
      status: 422,
      body: { detail: says('is closed on EL 7') },
    });
    await server.must('setClosed', { collection: 'python33', releases: ['7'], closed: false });
    expect((await post(query(component, good), good)).status).toBe(201);
  });

  /** Files of the data folder, without the database. */
  async function everything(): Promise<string[]> {
    const all = await readdir(scenario.server.data, { recursive: true });
    return all.filter((path) => !/^(database|repositories)\b/.test(path));
  }
});

it('of a clone is made in the clone, and copies of it are the same', async () => {
  const one = await scenario.annPackage();
  await scenario.ann.must(['srpm'], { cwd: one.folder });
  const copy = scenario.path('copy of it.src.rpm');
  await copyFile(join(one.folder, `${one.nvr}.src.rpm`), copy);
  const started = await ann(['scratch-build', '--srpm', copy, '--nowait'], one);
  expect([started.code, started.stdout]).toEqual([0, says(`Koji builds ${one.nvr}.src.rpm`)]);
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
