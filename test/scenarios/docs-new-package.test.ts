import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Centpkg } from '../support/centpkg.ts';
import { installPackages } from '../support/debian.ts';
import { scloScenario } from '../support/scenario.ts';
import { asShown, readTranscript } from '../support/transcript.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/new-package.md');
/** Whose names the document has in place of those of the test. */
const SERVER = 'https://dist-git.example.org';
const HOME = '/home/ann';

const scenario = scloScenario();
const steps = readTranscript(readFileSync(DOCUMENT, 'utf8'));
let ann: Centpkg;
let cwd = '';

beforeAll(async () => {
  await installPackages({ rpmbuild: 'rpm', cpio: 'cpio' });
  const { server, people } = scenario;
  await server.must('setMember', { sig: 'sclo', user: 'ann', role: 'member' });
  ann = await Centpkg.at(scenario.path('ann'), 'ann');
  await writeFile(join(ann.home, 'token'), `${people.committer}\n`, { mode: 0o600 });
  cwd = ann.home;
}, 300_000);

/** Standard output and error as a terminal has them: one after the other. */
async function typed(command: string): Promise<{ code: number | null; output: string }> {
  const { code, stdout } = await ann.does('sh', ['-c', `exec 2>&1; ${command}`], { cwd });
  const told = stdout.replaceAll(scenario.server.url, SERVER).replaceAll(ann.home, HOME);
  return { code, output: told };
}

describe('docs/new-package.md', () => {
  it('goes from nothing to a built package', () => {
    const commands = steps.flatMap((step) => ('command' in step ? [step.command] : []));
    for (const verb of ['request-repo', 'clone', 'new-sources', 'push', 'srpm', 'sources'])
      expect(commands.join('\n')).toContain(`centpkg ${verb}`);
    expect(commands.join('\n')).toContain('local -- --nodeps');
  });

  // In the order of the document; each goes on from where the one before it ended.
  it.each(steps.map((step) => ({ step, is: 'command' in step ? `$ ${step.command}` : step.file })))(
    '$is',
    async ({ step }) => {
      if ('file' in step) return writeFile(join(cwd, step.file), step.content);
      const { command, output: shown } = step;
      if (command.startsWith('cd ')) {
        expect(shown).toBe('');
        cwd = resolve(cwd, command.slice('cd '.length));
        return;
      }
      const { code, output } = await typed(command.replaceAll(SERVER, scenario.server.url));
      expect(asShown(output, shown)).toBe(shown);
      expect(code !== 0).toBe(shown.startsWith('error: '));
    },
    240_000,
  );
});
