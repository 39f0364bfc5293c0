import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { deadUrl } from '../support/faulty-proxy.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
const nobody = await deadUrl();

interface Settings {
  readonly settings: readonly { name: string; value: string; from: string }[];
}

const urls = (server: string): string =>
  `[centpkg]\nanongiturl = ${server}/scls/%(module)s.git\nlookasidehash = sha512\n`;

/** Somebody who never logged in, with this as the own configuration of rpkg. */
async function visitorWith(conf: string) {
  const visitor = await scenario.visitor();
  const folder = join(visitor.home, '.config/rpkg');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'centpkg.conf');
  await writeFile(file, conf);
  return { visitor, file };
}

async function server(
  who: Awaited<ReturnType<typeof visitorWith>>['visitor'],
  args: string[] = [],
  env = {},
) {
  const { settings } = await who.json<Settings>([...args, 'config'], { env });
  return settings.find(({ name }) => name === 'server');
}

describe("rpkg's configuration", () => {
  it('that the server has ready names the server, without a login', async () => {
    const { url } = scenario.server;
    const answer = await fetch(`${url}/client/centpkg.conf`);
    const { visitor, file } = await visitorWith(await answer.text());
    const { code, stderr } = await visitor.run(['clone', 'python']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "Cloning into 'python'...\n".replace("'python'", `'${join(visitor.home, 'python')}'`),
    });
    expect(await server(visitor)).toEqual({
      name: 'server',
      value: url,
      from: `${file}, line 6: anongiturl`,
    });
  });

  it('counts in this order: clone, -C, CENTPKG_URL, login, own file', async () => {
    const { url } = scenario.server;
    const { visitor, file } = await visitorWith(urls('https://own.example.org'));
    const at = async (args: string[] = [], env = {}) => (await server(visitor, args, env))?.value;
    expect(await at()).toBe('https://own.example.org');
    await visitor.login(url, scenario.people.committer);
    expect(await at()).toBe(url);
    const env = { CENTPKG_URL: 'https://env.example.org' };
    expect(await at([], env)).toBe('https://env.example.org');
    const given = join(visitor.home, 'given.conf');
    await writeFile(given, urls('https://given.example.org/base'));
    expect(await at(['-C', given], env)).toBe('https://given.example.org/base');
    await visitor.must(['clone', 'python']);
    const { settings } = await visitor.json<Settings>(['-C', given, 'config'], {
      cwd: join(visitor.home, 'python'),
      env,
    });
    expect(settings[0]).toEqual({
      name: 'server',
      value: url,
      from: '.git/config: centpkg.url',
    });
    expect(settings).toContainEqual({ name: 'read', value: given, from: 'rpkg' });
    expect(JSON.stringify(settings)).not.toContain(file);
  });

  it('of -C is that of git, too: CENTPKG_TOKEN pushes to the server that it names', async () => {
    const component = await scenario.component();
    const visitor = await scenario.visitor();
    await writeFile(join(visitor.home, 'given.conf'), urls(scenario.server.url));
    const env = { CENTPKG_TOKEN: scenario.people.committer };
    await visitor.must(['-C', 'given.conf', 'clone', '-b', 'scl-python33-el7', component], { env });
    const cwd = join(visitor.home, component);
    await writeFile(join(cwd, `${component}.spec`), specOf(component));
    await visitor.git(cwd, 'add', '--all');
    await visitor.must(['commit', '-m', 'Add the spec'], { cwd });
    expect((await visitor.run(['push'], { cwd, env })).code).toBe(4);
    expect(await visitor.must(['-C', '../given.conf', 'push'], { cwd, env })).toContain('Pushed ');
  });

  it('shows no token, and where it is from', async () => {
    const { ann, people } = scenario;
    const text = await ann.must(['config']);
    expect(text).toMatch(/^token +yes +.*config\.json \(login\)$/m);
    expect(text).not.toContain(people.committer);
    const nothing = await (await scenario.visitor()).must(['config']);
    expect(nothing).toMatch(/^server +- +nothing names it$/m);
    expect(nothing).toContain('No server is set: centpkg login --url URL');
  });

  it.each([
    ['twice', '[centpkg]\nlookaside = a\nlookaside = b\n', 3, 'lookaside is there twice.'],
    ['no setting', '[centpkg]\nnonsense\n', 2, '"nonsense" is not KEY = VALUE.'],
    ['no section', 'lookaside = a\n', 1, 'a setting stands before the first [section].'],
    ['section twice', '[centpkg]\n[centpkg]\n', 2, 'the section [centpkg] is there twice.'],
  ])('that is broken (%s) is told of by line and reason', async (_, conf, line, reason) => {
    const { visitor, file } = await visitorWith(conf);
    expect(await visitor.run(['config'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${file}, line ${line}: ${reason}\nto do: Mend the line, or remove it.\n`,
    });
  });

  it('with what nobody knows is told of, and goes on; -q says nothing', async () => {
    const conf = `${urls(nobody)}colour = blue\nclone_config_rpms =\n  bz.default-component %(module)s\n`;
    const { visitor, file } = await visitorWith(conf);
    const { code, stderr } = await visitor.run(['config']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `warning: ${file}, line 4: colour is not known.\n`,
    });
    expect((await visitor.run(['-q', 'config'])).stderr).toBe('');
    const missing = await visitor.run(['-C', 'nothere.conf', 'config']);
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 2,
      stderr:
        'error: There is no file nothere.conf.\nto do: Name the file that --config is to read.\n',
    });
  });
});
