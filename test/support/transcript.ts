/** What happens next in a transcript: a command is typed, or a file is written. */
export type Step =
  | { readonly command: string; readonly output: string }
  | { readonly file: string; readonly content: string };

/** What a transcript shows by name, since it is not the same each time. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<commit>': '[0-9a-f]{7,40}',
  '<sha512>': '[0-9a-f]{128}',
  '<size>': '\\d+(?:\\.\\d+)? (?:B|KiB)',
  '<seconds>': '\\d+(?:\\.\\d+)? s',
  '<date>': '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d',
};

/**
 * Reads the fenced blocks of a markdown document: in a `console` block a line with `$ ` is a command,
 * and what follows its output; any other block is a file, whose name is the second word after the fence.
 * @throws Error where a block is neither
 */
export function readTranscript(markdown: string): Step[] {
  const blocks = [...markdown.matchAll(/^```(\S*) ?(.*)\n([^]*?)^```$/gm)];
  return blocks.flatMap(([, language = '', file = '', body = '']): Step[] => {
    if (language !== 'console') {
      if (file === '') throw new Error(`What is to be done with this block?\n${body}`);
      return [{ file, content: body }];
    }
    if (!body.startsWith('$ ')) throw new Error(`Not a command at first:\n${body}`);
    return body
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = ''] = text.split('\n', 1);
        return { command, output: text.slice(command.length + 1) };
      });
  });
}

/**
 * What was printed, as the transcript would show it: where a line differs from the one shown only in
 * what a placeholder stands for, it is the line shown.
 * @param shown the output in the transcript
 */
export function asShown(printed: string, shown: string): string {
  const patterns = shown.split('\n').map((line) => ({ line, pattern: patternOf(line) }));
  return printed
    .split('\n')
    .map((line, index) => {
      const here = patterns[index];
      return here?.pattern.test(line) === true ? here.line : line;
    })
    .join('\n');
}

function patternOf(line: string): RegExp {
  const parts = line.split(/(<\w+>)/);
  return new RegExp(`^${parts.map((part) => PLACEHOLDERS[part] ?? RegExp.escape(part)).join('')}$`);
}
