export type FieldPath = readonly (string | number)[];

/** A file of data, with the line of each field in it. */
export interface SourceFile {
  /** What it says, as JSON has it. */
  readonly value: unknown;
  /** The line, from 1, of a field, or of the innermost one around it that there is. */
  lineOf(path: FieldPath): number;
}

/** What is wrong with the file itself. */
export interface SyntaxProblem {
  readonly line: number;
  readonly message: string;
}
