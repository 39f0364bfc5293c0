import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseTestName, TEST_OUTCOMES, type TestOutcome } from '../../core/domain/test-result.ts';
import { type CommandSpec, textOption } from '../command.ts';
import { shortTime, table } from '../output/table.ts';

/** `needs-inspection` for `NEEDS_INSPECTION`. */
const wordOf = (outcome: TestOutcome): string => outcome.toLowerCase().replaceAll('_', '-');

const WORDS = TEST_OUTCOMES.map(wordOf);

/** @throws DistGitError `usage` */
function outcomeOf(text: string | undefined): TestOutcome {
  const found = TEST_OUTCOMES.find((one) => wordOf(one) === text);
  return found ?? fail('usage', '--outcome is required.', `One of: ${WORDS.join(', ')}.`);
}

/** What each level wants of a build, and has. */
function levelLines({ items, promotion }: ApiOutput<'listResults'>): string[] {
  return Object.entries(promotion).flatMap(([level, { tests }]) => {
    if (tests.length === 0) return [];
    const states = tests.map((test) => {
      const newest = items.find((one) => one.test === test);
      return `${test} (${newest?.outcome ?? 'no result'})`;
    });
    return [`For ${level}: ${states.join(', ')}`];
  });
}

/** Results of tests of builds. */
export const resultCommands: readonly CommandSpec[] = [
  {
    name: 'result add',
    args: '<nvr>',
    summary: 'Record what came of a test of a build (committers, chairs)',
    details:
      'The newest result of a test counts; "passed" and "info" let a build go to a level whose collection wants the test.',
    options: [
      { flags: '--test <name>', help: 'the test (required)' },
      {
        flags: '--outcome <outcome>',
        help: 'as in ResultsDB (required)',
        choices: WORDS,
      },
      { flags: '--url <url>', help: 'where more of it is told' },
    ],
    examples: [
      'centpkg result add python33-python-3.3.2-16.el7 --test functional --outcome passed --url https://ci.example.org/42',
    ],
    async run({ api }, [nvr = ''], options) {
      const test = textOption(options, 'test') ?? fail('usage', '--test is required.');
      const outcome = outcomeOf(textOption(options, 'outcome'));
      const url = textOption(options, 'url');
      const data = await api.call('recordResult', { nvr, test: parseTestName(test), outcome, url });
      return { data, text: `${data.test} of ${nvr}: ${data.outcome}.`, done: true };
    },
  },
  {
    name: 'result list',
    args: '<nvr>',
    summary: 'What came of the tests of a build, newest first, and which it needs',
    examples: ['centpkg result list python33-python-3.3.2-16.el7'],
    async run({ api }, [nvr = '']) {
      const data = await api.call('listResults', { nvr });
      const rows = data.items.map(({ test, outcome, recordedBy, recordedAt, url }) => [
        test,
        outcome,
        recordedBy,
        shortTime(recordedAt),
        url ?? '-',
      ]);
      const results = table(['test', 'outcome', 'by', 'recorded', 'url'], rows, 'No results.');
      return { data, text: [results, ...levelLines(data)].join('\n') };
    },
  },
];
