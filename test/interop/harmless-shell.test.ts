import { describe, expect, it } from 'vitest';
import { newBudget } from '../../core/domain/spec/budget.ts';
import { harmlessOutput } from '../../core/domain/spec/harmless-shell.ts';
import { newMarks, whyUnknown } from '../../core/domain/spec/marks.ts';
import { run } from '../support/process.ts';

/** What the reader says of a command; null: it does not know. */
function ours(command: string): string | null {
  const marks = newMarks();
  const output = harmlessOutput({ marks, budget: newBudget() }, command);
  return whyUnknown(marks, output) === null ? output : null;
}

/** What EL's /bin/sh prints, as rpm takes it. */
async function bash(command: string): Promise<string> {
  const { stdout } = await run('bash', ['--posix', '-c', command]);
  return stdout.replace(/[\r\n]+$/, '');
}

describe('what a command prints is known', () => {
  it.each([
    'echo a',
    'echo  a   b',
    'echo "a  b" c',
    "echo -n 'it is'",
    'c=0123456789abcdef; echo ${c:0:7}',
    'c=0123456789abcdef\necho "${c:4}"',
    'v=1.2.3; echo $v',
    'echo 1.2.3 | cut -d. -f1-2',
    'echo 1.2.3 | cut -d "." -f 2-',
    'echo 1.2.3 | cut -f1 -d.',
    'echo abc | cut -c 2-',
    'echo abc | cut -c-2',
    'echo nodelimiter | cut -d. -f2',
    'echo a-b-c | tr - _',
    'echo a.b.c | tr . -',
    'echo abc | tr ab x',
    'echo abcabc | tr -d bc',
    "echo 1.2.3 | sed 's/\\.//g'",
    'echo 1.2.3 | sed -e s/2/x/',
    'echo a b | sed s,b,c,',
    "printf %s 'a b'",
    'printf abc',
    'true',
    'echo one; echo two',
    'echo 6.5.7~rc | cut -d~ -f1',
    'echo a | tr a b | tr b c | cut -c1',
  ])('%s', async (command) => {
    expect(ours(command)).toBe(await bash(command));
  });
});

describe('what a command prints is not known, and it is not run', () => {
  it.each([
    'id',
    'cat /etc/passwd',
    'echo $HOME',
    'echo ${HOME}',
    'echo ~',
    'echo *',
    'echo `id`',
    'echo $(id)',
    'echo "$(id)"',
    'echo "`id`"',
    'echo a > /tmp/x',
    'echo a && id',
    'echo a & id',
    'echo a || id',
    'id; echo a',
    'echo a | sh',
    "echo a | sed 's/a/id/e'",
    "echo a | sed 's/.*/x/'",
    'echo a | sed -n p',
    'echo a | tr a-z A-Z',
    'echo a | cut -f1',
    'echo -e a\\tb',
    'echo a\\ b',
    'printf "%d" 1',
    'printf "a\\n"',
    'x=$(id); echo $x',
    'PATH=/tmp id',
    'export a=b; echo $a',
    'echo {a,b}',
    'echo $((1+1))',
    'echo a # comment',
    '! true',
    "echo 'open",
    `echo ${'a'.repeat(1000)}`,
  ])('%s', (command) => {
    expect(ours(command)).toBeNull();
  });
});
