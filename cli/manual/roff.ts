/**
 * Text for a line of man(7): backslashes, and what roff would make a typographic character of, are
 * written so that they can be copied as they are.
 */
export function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '...');
}

/** A paragraph's lines; none begins with what roff takes for a request. */
export function paragraph(text: string): string {
  return escaped(text).replace(/^([.'])/gm, '\\&$1');
}

/** An argument of a macro. */
export function argument(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}

export const heading = (text: string): string => `.SH ${argument(text)}`;
export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
export const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

/** A term and what it means. */
export function item(term: string, text: string): string {
  return `.TP\n${term}\n${paragraph(text)}`;
}

/** Lines as they are. */
export function example(lines: readonly string[]): string {
  return ['.nf', '.RS 4', ...lines.map(paragraph), '.RE', '.fi'].join('\n');
}
